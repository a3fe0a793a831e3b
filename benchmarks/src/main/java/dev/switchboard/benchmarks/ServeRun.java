package dev.switchboard.benchmarks;

import dev.switchboard.client.Generation;
import dev.switchboard.client.HostPort;
import dev.switchboard.client.SwitchboardClient;
import dev.switchboard.proto.v1.EngineStatus;
import dev.switchboard.proto.v1.RouterStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Consumer;
import java.util.function.LongSupplier;

/** Clients against one router, and what is seen of it meanwhile. */
final class ServeRun implements AutoCloseable {
  private static final Duration CALL = Duration.ofSeconds(60);
  private static final Duration REQUEST = Duration.ofMinutes(10);
  private static final int WARM_REQUESTS = 2;
  private static final long LOOK_SECONDS = 10;

  private final HostPort address;
  private final SwitchboardClient watcher;
  private final Optional<LongSupplier> memory;
  private final List<Long> seen = new ArrayList<>();

  private ServeRun(HostPort address, Optional<LongSupplier> memory) {
    this.address = address;
    this.watcher = SwitchboardClient.connect(address);
    this.memory = memory;
  }

  /**
   * @param memory resident bytes of the processes now, if they are ours
   */
  static ServeRun connect(HostPort address, Optional<LongSupplier> memory) {
    return new ServeRun(address, memory);
  }

  int vocabulary() {
    return watcher.describeModel(CALL).getVocabulary();
  }

  /** A few requests that do not count: compiled code, and costs that the engine has learned. */
  List<String> warm(ServeLoad load) {
    long begun = System.nanoTime();
    for (int i = 0; i < WARM_REQUESTS; i++) {
      try (Generation events = watcher.generate(load.request(-1, i), REQUEST)) {
        events.forEachRemaining(event -> {});
      }
    }
    return List.of("warm after %.1f s".formatted((System.nanoTime() - begun) * 1e-9));
  }

  ServeReport measure(ServeLoad load, int clients, Duration duration, Consumer<String> progress) {
    EngineStatus before = engine();
    ServeCost costBefore = cost();
    look();
    long begun = System.nanoTime();
    long end = begun + duration.toNanos();
    List<ServeClient> done = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<ServeClient>> all = new ArrayList<>();
      for (int client = 0; client < clients; client++) {
        all.add(threads.submit(new ServeClient(address, load, client, end)));
      }
      for (Future<ServeClient> one : all) {
        done.add(await(one, progress, begun));
      }
    }
    double seconds = (System.nanoTime() - begun) * 1e-9;
    look();
    return ServeReport.of(
        done, seconds, seen, difference(engine(), before), cost().since(costBefore));
  }

  private ServeClient await(Future<ServeClient> one, Consumer<String> progress, long begun) {
    while (true) {
      try {
        return one.get(LOOK_SECONDS, TimeUnit.SECONDS);
      } catch (TimeoutException e) {
        look();
        progress.accept(words((System.nanoTime() - begun) / 1_000_000_000L));
      } catch (ExecutionException e) {
        throw new BenchException("a client broke: " + e.getCause());
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
        throw new BenchException("interrupted");
      }
    }
  }

  private String words(long seconds) {
    RouterStatus status = status();
    return "%4d s: %d run, %d wait, %d tokens generated, longest gap %.0f ms%s"
        .formatted(
            seconds,
            status.getRunningRequests(),
            status.getQueuedRequests(),
            status.getEngine().getGeneratedTokens(),
            status.getEngine().getLongestGapNanos() / 1e6,
            seen.isEmpty() ? "" : ", %,d MiB".formatted(seen.getLast() >> 20));
  }

  private void look() {
    memory.ifPresent(bytes -> seen.add(bytes.getAsLong()));
  }

  private ServeCost cost() {
    return ServeCost.of(watcher.status(CALL));
  }

  private EngineStatus engine() {
    return status().getEngine();
  }

  /** Of the router that answers. */
  private RouterStatus status() {
    return watcher.status(CALL).getRoutersList().stream()
        .filter(RouterStatus::hasEngine)
        .findFirst()
        .orElse(RouterStatus.getDefaultInstance());
  }

  private static EngineStatus difference(EngineStatus now, EngineStatus before) {
    return now.toBuilder()
        .setSteps(now.getSteps() - before.getSteps())
        .setPreemptions(now.getPreemptions() - before.getPreemptions())
        .setRepeatedTokens(now.getRepeatedTokens() - before.getRepeatedTokens())
        .setPrefixTokens(now.getPrefixTokens() - before.getPrefixTokens())
        .build();
  }

  @Override
  public void close() {
    watcher.close();
  }
}
