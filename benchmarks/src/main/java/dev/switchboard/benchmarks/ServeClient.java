package dev.switchboard.benchmarks;

import dev.switchboard.client.Generation;
import dev.switchboard.client.HostPort;
import dev.switchboard.client.SwitchboardClient;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.concurrent.Callable;
import java.util.concurrent.locks.LockSupport;
import org.HdrHistogram.Histogram;

/** One client on a connection of its own: asks, reads to the end, asks again until time is over. */
final class ServeClient implements Callable<ServeClient> {
  private static final Duration REQUEST = Duration.ofMinutes(20);
  private static final long AFTER_REFUSAL_NANOS = Duration.ofMillis(200).toNanos();

  private final HostPort router;
  private final ServeLoad load;
  private final int client;
  private final long endNanos;
  final Histogram gapNanos = new Histogram(3);
  final List<One> requests = new ArrayList<>();

  /**
   * What became of one request.
   *
   * @param outcome {@code ok}, or the status that it ended with
   * @param firstTokenMillis from asking until the first token
   * @param longestGapMillis between two tokens
   */
  record One(
      int client,
      int promptTokens,
      int asked,
      int generated,
      String outcome,
      double firstTokenMillis,
      double longestGapMillis) {
    boolean lost() {
      return !outcome.equals("ok") && !refused();
    }

    boolean refused() {
      return outcome.startsWith(Status.Code.RESOURCE_EXHAUSTED.name());
    }
  }

  ServeClient(HostPort router, ServeLoad load, int client, long endNanos) {
    this.router = router;
    this.load = load;
    this.client = client;
    this.endNanos = endNanos;
  }

  @Override
  public ServeClient call() {
    try (SwitchboardClient connection = SwitchboardClient.connect(router)) {
      for (int index = 0; System.nanoTime() < endNanos; index++) {
        One one = ask(connection, load.request(client, index));
        requests.add(one);
        if (one.refused()) {
          LockSupport.parkNanos(AFTER_REFUSAL_NANOS);
        }
      }
    }
    return this;
  }

  private One ask(SwitchboardClient connection, GenerateRequest request) {
    long begun = System.nanoTime();
    long first = 0;
    long last = 0;
    long longest = 0;
    int tokens = 0;
    String outcome = "ok";
    try (Generation events = connection.generate(request, REQUEST)) {
      while (events.hasNext()) {
        GenerateEvent event = events.next();
        if (event.hasToken()) {
          long now = System.nanoTime();
          if (tokens++ == 0) {
            first = now;
          } else {
            gapNanos.recordValue(now - last);
            longest = Math.max(longest, now - last);
          }
          last = now;
        }
      }
      outcome = tokens == request.getMaxTokens() ? "ok" : "cut short";
    } catch (StatusRuntimeException e) {
      outcome = e.getStatus().getCode() + ": " + e.getStatus().getDescription();
    }
    return new One(
        client,
        request.getTokenIds().getIdsCount(),
        request.getMaxTokens(),
        tokens,
        outcome,
        tokens == 0 ? 0 : (first - begun) / 1e6,
        longest / 1e6);
  }
}
