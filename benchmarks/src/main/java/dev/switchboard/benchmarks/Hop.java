package dev.switchboard.benchmarks;

import dev.switchboard.client.SwitchboardClient;
import dev.switchboard.client.process.ClusterSpec;
import dev.switchboard.client.process.LaunchFiles;
import dev.switchboard.client.process.PrivateCluster;
import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.Model;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.Routing;
import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.proto.codec.LocalSockets;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.NodeStatus;
import dev.switchboard.router.dispatch.HopTimes;
import dev.switchboard.router.dispatch.HopWay;
import dev.switchboard.router.dispatch.RemoteExperts;
import dev.switchboard.router.dispatch.RemoteSpec;
import dev.switchboard.router.health.NodeHealth;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Arrays;
import java.util.Comparator;
import java.util.EnumMap;
import java.util.List;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.SplittableRandom;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Collectors;
import java.util.stream.Stream;
import org.HdrHistogram.Histogram;

/**
 * What it adds to a MoE layer that its expert lives in another process: the router's own dispatch
 * calls a real expert node, turn about with the same layer computed here, and both answers must
 * have the same bits.
 */
final class Hop {
  private static final int EXPERTS = 2;
  private static final int INTERMEDIATE = 64;
  private static final int MESSAGE_BYTES = 64 << 20;
  private static final Duration START = Duration.ofMinutes(2);
  private static final Duration CALL = Duration.ofSeconds(30);

  /** A lane comes some milliseconds after the stream, or, where there can be none, never. */
  private static final Duration LANE = Duration.ofSeconds(5);

  private final MoeCall here;
  private final MoeCall there;

  private Hop(int width, int tokens) {
    float[] input = new float[width * tokens];
    SplittableRandom random = new SplittableRandom(3);
    for (int i = 0; i < input.length; i++) {
      input[i] = (float) (random.nextDouble() * 2 - 1);
    }
    this.here = call(width, tokens, input);
    this.there = call(width, tokens, input);
  }

  private static MoeCall call(int width, int tokens, float[] input) {
    float[] weights = new float[tokens];
    Arrays.fill(weights, 1);
    Routing routing = new Routing(tokens, 1, new int[tokens], weights);
    float[] outputs = new float[width * tokens];
    return new MoeCall(
        0,
        tokens,
        width,
        input,
        routing,
        new long[tokens],
        new long[tokens],
        new boolean[tokens],
        outputs);
  }

  /** Microseconds. */
  record Percentiles(double p50, double p99) {
    static Percentiles of(Histogram nanos, double lessNanos) {
      return new Percentiles(
          (nanos.getValueAtPercentile(50) - lessNanos) / 1e3,
          (nanos.getValueAtPercentile(99) - lessNanos) / 1e3);
    }
  }

  /**
   * @param samples timed calls by the way that they went
   * @param addedMicros percentiles of the remote layer less the median of the local one
   */
  record Result(
      int width,
      int tokens,
      Map<HopWay, Long> samples,
      Percentiles addedMicros,
      Percentiles remoteMicros,
      Percentiles localMicros) {
    String text() {
      return "%d token at d %d: p50 %.0f us, p99 %.0f us added to %.0f us of the layer itself (%s)"
          .formatted(
              tokens, width, addedMicros.p50, addedMicros.p99, localMicros.p50, samplesText());
    }

    private String samplesText() {
      return samples.entrySet().stream()
          .map(e -> "%d samples by %s".formatted(e.getValue(), Hop.text(e.getKey())))
          .collect(Collectors.joining(", "));
    }
  }

  /** For people and programs. */
  static String text(HopWay way) {
    return way.name().toLowerCase(Locale.ROOT);
  }

  /**
   * How it is measured.
   *
   * @param way that batches are to go; empty: the best that there is
   */
  record Effort(int samples, Duration warmup, Optional<HopWay> way) {}

  static Result measure(int width, int tokens, Effort effort) {
    LocalSockets.choose(
        switch (effort.way().orElse(HopWay.LANE)) {
          case LANE -> LocalSockets.Way.LANES;
          case SOCKET -> LocalSockets.Way.SOCKETS;
          case TCP -> LocalSockets.Way.TCP;
        });
    Path folder = temporaryFolder();
    try {
      new SyntheticModel(width, EXPERTS, INTERMEDIATE).write(folder);
      return overNode(folder, new Hop(width, tokens), effort);
    } catch (IOException e) {
      throw new BenchException("cannot write a model to measure with: " + e.getMessage());
    } finally {
      delete(folder);
    }
  }

  private static Result overNode(Path folder, Hop hop, Effort effort) {
    ClusterSpec spec = new ClusterSpec(1, 1, Optional.of(folder.toString()), Optional.empty());
    LaunchFiles files = LaunchFiles.of(System.getenv());
    try (PrivateCluster cluster =
            PrivateCluster.start(spec, files, START, PrivateCluster.Stop.KILL);
        SwitchboardClient client = SwitchboardClient.connect(cluster.router());
        Model model = Model.open(folder);
        LocalExperts local = model.localExperts();
        EventLoops loops = EventLoops.inTurns("bench-hop")) {
      ClusterStatus status = client.status(CALL);
      try (RemoteExperts remote = remote(status, loops)) {
        await(remote, status.getNodes(0).getId(), effort.way());
        return hop.compare(local, remote, effort);
      }
    }
  }

  private static RemoteExperts remote(ClusterStatus status, EventLoops loops) {
    NodeStatus node = status.getNodes(0);
    String[] address = node.getAddress().split(":");
    List<Integer> held = List.of(0, 1);
    NodeInfo info =
        NodeInfo.joining(
                node.getId(),
                address[0],
                Integer.parseInt(address[1]),
                status.getModelFingerprint(),
                0)
            .ready(status.getPlacementEpoch(), held);
    RemoteSpec spec =
        new RemoteSpec(
            status.getModelFingerprint(),
            "bench",
            new RemoteSpec.Arithmetic(Arithmetic.VERSION, Kernels.arithmeticOptions()),
            new ExpertUnits(List.of(new ExpertUnits.Layer(0, EXPERTS))),
            Map.of(0, new RemoteSpec.Layer(0, 1, 1, 0)),
            RemoteSpec.Keeping.NOTHING,
            new NodeHealth.Limits(Duration.ZERO, 0, 0, Duration.ZERO),
            CALL,
            MESSAGE_BYTES,
            MESSAGE_BYTES / 2);
    RemoteExperts remote = new RemoteExperts(spec, loops, status::getPlacementEpoch);
    remote.links().update(new ClusterView(List.of(info), List.of(), Optional.empty(), 1));
    long deadline = System.nanoTime() + START.toNanos();
    while (!remote.links().complete()) {
      if (System.nanoTime() - deadline > 0) {
        remote.close();
        throw new BenchException(
            "no connection to the node: " + remote.links().problem(node.getId()));
      }
      LockSupport.parkNanos(1_000_000);
    }
    return remote;
  }

  /** Until batches go that way; of itself the best one is taken when it is there. */
  private static void await(RemoteExperts remote, String node, Optional<HopWay> way) {
    HopWay wanted = way.orElse(HopWay.LANE);
    long deadline = System.nanoTime() + LANE.toNanos();
    while (remote.links().ways().get(node) != wanted) {
      if (System.nanoTime() - deadline > 0) {
        if (way.isEmpty()) {
          return;
        }
        throw new BenchException(
            "batches cannot go by %s here; they would go by %s"
                .formatted(text(wanted), remote.links().ways().values()));
      }
      LockSupport.parkNanos(1_000_000);
    }
  }

  private static Map<HopWay, Long> counts(HopTimes times) {
    Map<HopWay, Long> counts = new EnumMap<>(HopWay.class);
    for (HopWay way : HopWay.values()) {
      counts.put(way, times.of(way).count());
    }
    return counts;
  }

  private static Map<HopWay, Long> since(Map<HopWay, Long> before, HopTimes times) {
    Map<HopWay, Long> since = counts(times);
    since.replaceAll((way, count) -> count - before.getOrDefault(way, 0L));
    since.values().removeIf(count -> count == 0);
    return since;
  }

  private Result compare(ExpertRunner local, RemoteExperts remote, Effort effort) {
    long warmUntil = System.nanoTime() + effort.warmup().toNanos();
    do {
      run(local, here);
      run(remote, there);
    } while (System.nanoTime() < warmUntil);
    if (!Arrays.equals(here.outputs(), there.outputs())) {
      throw new BenchException("the node's answer differs from the same layer computed here");
    }
    Histogram near = new Histogram(3);
    Histogram far = new Histogram(3);
    Map<HopWay, Long> before = counts(remote.hops());
    for (int i = 0; i < effort.samples(); i++) {
      near.recordValue(run(local, here));
      far.recordValue(run(remote, there));
    }
    double median = near.getValueAtPercentile(50);
    return new Result(
        here.dModel(),
        here.tokens(),
        since(before, remote.hops()),
        Percentiles.of(far, median),
        Percentiles.of(far, 0),
        Percentiles.of(near, 0));
  }

  private static long run(ExpertRunner runner, MoeCall call) {
    long begun = System.nanoTime();
    var lost = runner.run(call).lost();
    long nanos = System.nanoTime() - begun;
    if (!lost.isEmpty()) {
      throw new BenchException("the layer was not computed: " + lost.getFirst().reason());
    }
    return nanos;
  }

  private static Path temporaryFolder() {
    try {
      return Files.createTempDirectory("switchboard-bench-");
    } catch (IOException e) {
      throw new BenchException("cannot make a temporary folder: " + e.getMessage());
    }
  }

  private static void delete(Path folder) {
    try (Stream<Path> files = Files.walk(folder)) {
      for (Path file : files.sorted(Comparator.reverseOrder()).toList()) {
        Files.deleteIfExists(file);
      }
    } catch (IOException e) {
      // A temporary folder that stays behind disturbs nobody.
    }
  }
}
