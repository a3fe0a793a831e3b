package dev.switchboard.integration;

import dev.switchboard.proto.v1.GenerateRequest;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.stream.Collectors;

/** Requests without a pause, one after the other on each stream, until it is closed. */
final class Streams implements AutoCloseable {
  private static final Duration SOON = Duration.ofSeconds(60);

  /** Answers are told apart by it. */
  record Key(int stream, String gateVersion) {}

  final Map<Key, Set<String>> digests = new ConcurrentHashMap<>();
  final Queue<Throwable> failures = new ConcurrentLinkedQueue<>();
  final AtomicInteger answers = new AtomicInteger();
  private final List<Thread> threads = new ArrayList<>();
  private volatile boolean over;

  /**
   * Begins.
   *
   * @param requests one a stream, asked again and again
   */
  Streams(TestCluster cluster, List<GenerateRequest> requests) {
    for (int i = 0; i < requests.size(); i++) {
      int stream = i;
      threads.add(
          Thread.ofPlatform()
              .name("stream-" + i)
              .start(() -> ask(cluster, stream, requests.get(stream))));
    }
  }

  private void ask(TestCluster cluster, int stream, GenerateRequest request) {
    while (!over) {
      try {
        Generation answer = Generation.run(cluster.channel(), request);
        digests
            .computeIfAbsent(
                new Key(stream, answer.done().getGateVersion()),
                key -> ConcurrentHashMap.newKeySet())
            .add(answer.digest());
        answers.incrementAndGet();
      } catch (RuntimeException | AssertionError e) {
        failures.add(e);
        return;
      }
    }
  }

  /** What came of requests that were routed by that version, on any stream. */
  Set<String> of(String gateVersion) {
    return digests.entrySet().stream()
        .filter(answer -> answer.getKey().gateVersion().equals(gateVersion))
        .flatMap(answer -> answer.getValue().stream())
        .collect(Collectors.toSet());
  }

  /** Waits for some answers more: what was changed is in use. */
  void goOn() {
    int before = answers.get();
    Eventually.holds(
        "answers go on",
        SOON,
        () -> answers.get() >= before + 2 * threads.size() || !failures.isEmpty());
  }

  @Override
  public void close() {
    over = true;
    for (Thread thread : threads) {
      try {
        thread.join(SOON);
      } catch (InterruptedException e) {
        Thread.currentThread().interrupt();
      }
    }
  }
}
