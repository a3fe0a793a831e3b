package dev.switchboard.benchmarks;

import dev.switchboard.client.Generation;
import dev.switchboard.client.SwitchboardClient;
import dev.switchboard.client.process.PrivateCluster;
import dev.switchboard.proto.v1.MarkNodeRequest;
import dev.switchboard.proto.v1.NodeMark;
import dev.switchboard.proto.v1.NodeStatus;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.concurrent.Future;
import java.util.concurrent.locks.LockSupport;
import java.util.function.BooleanSupplier;
import java.util.function.Consumer;
import org.HdrHistogram.Histogram;

/** Clients that generate, and weights that move meanwhile. */
final class MovesRun implements AutoCloseable {
  private static final Duration CALL = Duration.ofSeconds(60);
  private static final Duration REQUEST = Duration.ofMinutes(10);
  private static final Duration READY = Duration.ofMinutes(2);

  /** A look asks every node: seldom enough not to be what is measured. */
  private static final long LOOK_NANOS = Duration.ofMillis(200).toNanos();

  private static final int WARM_REQUESTS = 2;
  private static final double PERCENTILE = 95;

  private final PrivateCluster cluster;
  private final SwitchboardClient watcher;
  private final Consumer<String> progress;
  private int moves;

  MovesRun(PrivateCluster cluster, Consumer<String> progress) {
    this.cluster = cluster;
    this.watcher = SwitchboardClient.connect(cluster.router());
    this.progress = progress;
  }

  /** Gaps between tokens, and requests that failed. */
  private record Half(Histogram gaps, long failures) {
    double p95() {
      return gaps.getValueAtPercentile(PERCENTILE) / 1e6;
    }
  }

  int vocabulary() {
    return watcher.describeModel(CALL).getVocabulary();
  }

  /** A few requests that do not count. */
  void warm(ServeLoad load) {
    for (int i = 0; i < WARM_REQUESTS; i++) {
      try (Generation events = watcher.generate(load.request(-1, i), REQUEST)) {
        events.forEachRemaining(event -> {});
      }
    }
  }

  MovesReport measure(ServeLoad load, int clients, Duration half, int rounds) {
    Histogram still = new Histogram(3);
    Histogram moving = new Histogram(3);
    List<Double> growth = new ArrayList<>();
    long failures = 0;
    String last = nodes().getLast().getId();
    long before = readBytes();
    for (int round = 0; round < rounds; round++) {
      Half quiet = generate(load, clients, half, this::nodes);
      Half busy = generate(load, clients, half, () -> move(last));
      use(last);
      still.add(quiet.gaps());
      moving.add(busy.gaps());
      growth.add(busy.p95() / quiet.p95());
      failures += quiet.failures() + busy.failures();
      progress.accept(
          "round %d: p95 %.1f ms still, %.1f ms moving"
              .formatted(round + 1, quiet.p95(), busy.p95()));
    }
    return new MovesReport(
        still, moving, Spread.of(growth), moves, readBytes() - before, failures, Optional.empty());
  }

  /** Starts a node while clients generate. */
  MovesReport.Newcomer newcomer(ServeLoad load, int clients) {
    long[] firstBatch = new long[1];
    long begun = System.nanoTime();
    int number = cluster.startNode();
    long pid = cluster.nodePids().get(number);
    long end = begun + READY.toNanos();
    generate(
        load,
        clients,
        () -> firstBatch[0] != 0 || System.nanoTime() - end >= 0,
        () -> {
          boolean computed =
              nodes().stream().anyMatch(node -> node.getPid() == pid && node.getBatches() > 0);
          if (computed && firstBatch[0] == 0) {
            firstBatch[0] = System.nanoTime();
          }
        });
    if (firstBatch[0] == 0) {
      throw new BenchException("the new node was never asked within " + READY);
    }
    double ready = cluster.nodeStart(number, READY).toNanos() * 1e-9;
    return new MovesReport.Newcomer(ready, (firstBatch[0] - begun) * 1e-9);
  }

  private Half generate(ServeLoad load, int clients, Duration time, Runnable meanwhile) {
    long end = System.nanoTime() + time.toNanos();
    return generate(load, clients, () -> System.nanoTime() - end >= 0, meanwhile);
  }

  /** Until it is over; {@code meanwhile} is done again and again. */
  private Half generate(ServeLoad load, int clients, BooleanSupplier over, Runnable meanwhile) {
    List<MovesClient> all = new ArrayList<>();
    try (ExecutorService threads = Executors.newVirtualThreadPerTaskExecutor()) {
      List<Future<?>> running = new ArrayList<>();
      for (int client = 0; client < clients; client++) {
        MovesClient one = new MovesClient(cluster.router(), load, client, over);
        all.add(one);
        running.add(threads.submit(one));
      }
      while (!over.getAsBoolean()) {
        meanwhile.run();
        LockSupport.parkNanos(LOOK_NANOS);
      }
      running.forEach(MovesRun::await);
    }
    Histogram gaps = new Histogram(3);
    all.forEach(one -> gaps.add(one.gapNanos()));
    return new Half(gaps, all.stream().mapToLong(MovesClient::failures).sum());
  }

  private static void await(Future<?> one) {
    try {
      one.get();
    } catch (ExecutionException e) {
      throw new BenchException("a client broke: " + e.getCause());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new BenchException("interrupted");
    }
  }

  /** The next step: empties the node once it is full, and has it filled once it is empty. */
  private void move(String id) {
    List<NodeStatus> nodes = nodes();
    if (!settled(nodes)) {
      return;
    }
    NodeStatus node = node(nodes, id);
    boolean drained = node.getMark() == NodeMark.NODE_MARK_DRAINED;
    if (!drained && node.getUnitsHeld() > 0) {
      mark(id, NodeMark.NODE_MARK_DRAINED);
      moves++;
    } else if (drained && node.getUnitsHeld() == 0) {
      mark(id, NodeMark.NODE_MARK_UNSPECIFIED);
      watcher.rebalance(CALL);
      moves++;
    }
  }

  /** Whether every node holds what the placement gives it, and nothing else. */
  private static boolean settled(List<NodeStatus> nodes) {
    return nodes.stream().allMatch(node -> node.getUnitsHeld() == node.getUnitsPlaced());
  }

  /** Fills it again, if it is empty, and waits for that. */
  private void use(String id) {
    mark(id, NodeMark.NODE_MARK_UNSPECIFIED);
    watcher.rebalance(CALL);
    long end = System.nanoTime() + READY.toNanos();
    List<NodeStatus> nodes = nodes();
    while ((node(nodes, id).getUnitsHeld() == 0 || !settled(nodes))
        && System.nanoTime() - end < 0) {
      LockSupport.parkNanos(LOOK_NANOS);
      nodes = nodes();
    }
  }

  private void mark(String id, NodeMark mark) {
    watcher.markNode(
        MarkNodeRequest.newBuilder().setNode(id).setMark(mark).setWho("bench").build(), CALL);
  }

  private List<NodeStatus> nodes() {
    return watcher.status(CALL).getNodesList();
  }

  private static NodeStatus node(List<NodeStatus> nodes, String id) {
    return nodes.stream()
        .filter(node -> node.getId().equals(id))
        .findFirst()
        .orElseThrow(() -> new BenchException("node " + id + " is gone"));
  }

  private long readBytes() {
    return nodes().stream().mapToLong(NodeStatus::getReadBytes).sum();
  }

  @Override
  public void close() {
    watcher.close();
  }
}
