package dev.switchboard.node.metrics;

import dev.switchboard.cluster.LoadCost;
import dev.switchboard.cluster.metrics.LoadCostMetrics;
import dev.switchboard.cluster.metrics.MetricsPage;
import dev.switchboard.cluster.metrics.ProcessMetrics;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.kernel.KernelFacts;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.node.api.ExpertNodeService;
import dev.switchboard.node.runtime.ComputeLoop;
import dev.switchboard.node.runtime.ExpertCounters;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.NodeCounters;
import dev.switchboard.node.shard.ExpertSource;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;
import java.util.function.LongSupplier;
import java.util.function.Supplier;

/** A node's metrics: what its parts have counted, when somebody asks. */
public final class NodeMetrics implements Supplier<MetricSnapshots> {
  /** Experts that are told one by one; of a node that has held more, layers are. */
  static final int MOST_SERIES = 1024;

  private final Parts parts;

  /** Who has counted. */
  public record Parts(
      Supplier<HeldExperts> held,
      NodeCounters counters,
      ComputeLoop loop,
      ExpertNodeService service,
      ExpertSource source,
      LongSupplier nanoTime,
      Supplier<LoadCost> gridCost,
      LongSupplier givenBytes) {}

  private record Sums(long rows, long nanos) {
    Sums plus(ExpertCounters more) {
      return new Sums(rows + more.rows(), nanos + more.serviceNanos());
    }
  }

  public NodeMetrics(Parts parts) {
    this.parts = parts;
  }

  @Override
  public MetricSnapshots get() {
    MetricsPage page = new MetricsPage();
    about(page);
    weights(page, parts.held().get());
    work(page);
    experts(page, parts.counters().experts());
    idle(page, parts.held().get(), parts.nanoTime().getAsLong());
    LoadCostMetrics.addTo(page, parts.counters().cost(), parts.gridCost().get());
    return ProcessMetrics.addTo(page).snapshots();
  }

  private void about(MetricsPage page) {
    KernelFacts kernels = Kernels.facts();
    page.info(
        "switchboard_kernels",
        "What computes: native, java or scalar; instructions of native kernels, width of Java's vectors, what the processor has.",
        kernels.labels(Arithmetic.VERSION));
    page.info(
        "switchboard_model",
        "The model whose experts are held.",
        "fingerprint",
        parts.source().model().fingerprint());
    HeldExperts held = parts.held().get();
    page.now(
        "switchboard_node_placement_epoch", "Epoch of the placement that is held.", held.epoch());
    page.now(
        "switchboard_node_packed_bytes",
        "Packed weights of the experts that are held.",
        held.packedBytes());
    page.now(
        "switchboard_pack_cache_bytes",
        "Of the weights in memory, bytes that are packed in files of the cache.",
        parts.source().packCacheBytes());
  }

  private void weights(MetricsPage page, HeldExperts held) {
    long asleep = held.asleep();
    page.family(
            "switchboard_node_experts",
            "Experts of single layers that are held: awake, or asleep, their weights not in memory.")
        .now(held.experts() - asleep, "state", "awake")
        .now(asleep, "state", "asleep")
        .end();
    page.now(
        "switchboard_node_asleep_bytes",
        "Weights of experts that sleep: given back to the system.",
        held.asleepBytes());
    page.family(
            "switchboard_node_wake_seconds", "First batches of experts that slept, by their time.")
        .times(parts.counters().wakes())
        .end();
    page.count(
        "switchboard_node_read_bytes",
        "Weights read since the start, from files or other processes.",
        parts.source().bytesRead());
    page.count(
        "switchboard_node_given_bytes",
        "Weights given to other nodes since the start.",
        parts.givenBytes().getAsLong());
  }

  private void work(MetricsPage page) {
    NodeCounters counters = parts.counters();
    page.now(
        "switchboard_node_queued_batches",
        "Batches that wait or are computed.",
        parts.loop().backlog());
    page.now(
        "switchboard_node_outstanding_tokens",
        "Tokens of batches that wait or are computed.",
        parts.loop().outstandingTokens());
    page.count(
        "switchboard_node_refused_batches",
        "Batches refused because the queue was full.",
        counters.refusedBatches());
    page.count(
        "switchboard_node_busy_seconds",
        "Time in which batches were computed.",
        counters.busyNanos() / 1e9);
    page.family("switchboard_node_batch_seconds", "Computed batches, by their time.")
        .times(counters.times())
        .end();
    page.family(
            "switchboard_node_routers",
            "Routers that are connected, by a stream or a lane beside it.")
        .now(parts.service().openStreams(), "way", "stream")
        .now(parts.loop().openLanes(), "way", "lane")
        .end();
  }

  /**
   * How long experts have not been used, by layer: the one that was used last, and the one that was
   * not for longest.
   */
  static void idle(MetricsPage page, HeldExperts held, long nowNanos) {
    Map<Integer, Idle> layers = new TreeMap<>();
    for (List<HeldExperts.Held> unit : held.byUnit().values()) {
      for (HeldExperts.Held one : unit) {
        if (one.counters().rows() > 0) {
          long idle = Math.max(0, nowNanos - one.counters().lastUseNanos(nowNanos));
          layers.merge(one.layer(), new Idle(idle, idle), Idle::with);
        }
      }
    }
    MetricsPage.Family family =
        page.family(
            "switchboard_node_expert_idle_seconds",
            "Since experts of a layer were used last: of the one used last (least), and of the one"
                + " longest unused (most); without those never used.");
    layers.forEach((layer, idle) ->
        family
            .now(idle.leastNanos() / 1e9, "layer", Integer.toString(layer), "of", "least")
            .now(idle.mostNanos() / 1e9, "layer", Integer.toString(layer), "of", "most"));
    family.end();
  }

  private record Idle(long leastNanos, long mostNanos) {
    Idle with(Idle other) {
      return new Idle(Math.min(leastNanos, other.leastNanos), Math.max(mostNanos, other.mostNanos));
    }
  }

  /** By layer and expert, or by layer alone where that would be too many series. */
  static void experts(MetricsPage page, Map<NodeCounters.Place, ExpertCounters> counted) {
    boolean each = counted.size() <= MOST_SERIES;
    Map<NodeCounters.Place, Sums> sums = new TreeMap<>();
    counted.forEach((place, counters) ->
        sums.merge(
            new NodeCounters.Place(place.layer(), each ? place.expert() : -1),
            new Sums(counters.rows(), counters.serviceNanos()),
            (sum, _) -> sum.plus(counters)));
    MetricsPage.Family tokens =
        page.family(
            "switchboard_node_expert_tokens",
            "Tokens that each expert computed (expert \"all\": of its layer).");
    MetricsPage.Family seconds =
        page.family("switchboard_node_expert_seconds", "Time that each expert computed.");
    sums.forEach((place, sum) -> {
      String layer = Integer.toString(place.layer());
      String expert = place.expert() < 0 ? "all" : Integer.toString(place.expert());
      tokens.count(sum.rows(), "layer", layer, "expert", expert);
      seconds.count(sum.nanos() / 1e9, "layer", layer, "expert", expert);
    });
    tokens.end();
    seconds.end();
  }
}
