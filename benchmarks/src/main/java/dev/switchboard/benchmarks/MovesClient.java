package dev.switchboard.benchmarks;

import dev.switchboard.client.Generation;
import dev.switchboard.client.HostPort;
import dev.switchboard.client.SwitchboardClient;
import dev.switchboard.proto.v1.GenerateRequest;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.function.BooleanSupplier;
import org.HdrHistogram.Histogram;

/** One client that generates until it is told that it is over, in the middle of an answer too. */
final class MovesClient implements Runnable {
  private static final Duration REQUEST = Duration.ofMinutes(20);

  private final HostPort router;
  private final ServeLoad load;
  private final int client;
  private final BooleanSupplier over;
  private final Histogram gapNanos = new Histogram(3);
  private long failures;

  MovesClient(HostPort router, ServeLoad load, int client, BooleanSupplier over) {
    this.router = router;
    this.load = load;
    this.client = client;
    this.over = over;
  }

  /** Between two tokens of one answer; to be read when it has ended. */
  Histogram gapNanos() {
    return gapNanos;
  }

  long failures() {
    return failures;
  }

  @Override
  public void run() {
    try (SwitchboardClient connection = SwitchboardClient.connect(router)) {
      for (int index = 0; !over.getAsBoolean(); index++) {
        ask(connection, load.request(client, index));
      }
    }
  }

  private void ask(SwitchboardClient connection, GenerateRequest request) {
    long last = 0;
    try (Generation events = connection.generate(request, REQUEST)) {
      while (!over.getAsBoolean() && events.hasNext()) {
        if (events.next().hasToken()) {
          long now = System.nanoTime();
          if (last != 0) {
            gapNanos.recordValue(now - last);
          }
          last = now;
        }
      }
    } catch (StatusRuntimeException e) {
      failures++;
    }
  }
}
