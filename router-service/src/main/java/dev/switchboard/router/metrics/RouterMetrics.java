package dev.switchboard.router.metrics;

import dev.switchboard.cluster.metrics.MetricsPage;
import dev.switchboard.cluster.metrics.ProcessMetrics;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.Model;
import dev.switchboard.model.PrefixStates;
import dev.switchboard.model.kernel.KernelFacts;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.layer.KvCache;
import dev.switchboard.router.api.ModelFacts;
import dev.switchboard.router.dispatch.HopWay;
import dev.switchboard.router.dispatch.RemoteExperts;
import dev.switchboard.router.engine.Engine;
import dev.switchboard.router.engine.EngineCounters;
import dev.switchboard.router.engine.PassCounters;
import dev.switchboard.router.health.NodeHealth;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.util.List;
import java.util.Locale;
import java.util.Optional;
import java.util.function.Supplier;

/** A router's metrics: what its parts have counted, when somebody asks. */
public final class RouterMetrics implements Supplier<MetricSnapshots> {
  /** Of calls by layer and expert; a model with more of them has its calls told by layer. */
  static final int MOST_SERIES = 1024;

  private final Parts parts;

  /**
   * Who has counted.
   *
   * @param remote the way to the nodes; empty if nothing is sent to nodes
   * @param loads of all processes of the model
   */
  public record Parts(
      Model model,
      ModelFacts facts,
      Engine engine,
      PassCounters passes,
      PrefixStates prefixes,
      Optional<RemoteExperts> remote,
      ClusterLoads loads) {}

  public RouterMetrics(Parts parts) {
    this.parts = parts;
  }

  @Override
  public MetricSnapshots get() {
    MetricsPage page = new MetricsPage();
    about(page);
    work(page, parts.engine().books());
    requests(page, parts.engine().books());
    memory(page);
    PassCounters.Snapshot passes = parts.passes().snapshot();
    calls(page, parts.facts().moeLayers(), passes.experts(), passes);
    parts.remote().ifPresent(remote -> nodes(page, remote));
    parts.loads().tell(page, parts.passes().cost());
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
        "The model that is served.",
        "name",
        parts.facts().plan().name(),
        "type",
        parts.facts().plan().modelType(),
        "fingerprint",
        parts.facts().fingerprint());
  }

  private static void work(MetricsPage page, EngineCounters books) {
    EngineCounters.Snapshot now = books.snapshot();
    page.family(
            "switchboard_router_tokens",
            "Tokens: of prompts that were computed (prompt) or found (prefix),"
                + " generated, and computed again after a request had to wait (repeated).")
        .count(now.promptTokens(), "kind", "prompt")
        .count(now.prefixTokens(), "kind", "prefix")
        .count(now.generatedTokens(), "kind", "generated")
        .count(now.repeatedTokens(), "kind", "repeated")
        .end();
    page.family("switchboard_router_step_seconds", "Passes through the model, by their time.")
        .times(books.stepTimes())
        .end();
    page.now(
        "switchboard_router_longest_token_gap_seconds",
        "Longest time between two tokens of a request whose reader kept up, since the start.",
        now.longestGapNanos() / 1e9);
  }

  private void requests(MetricsPage page, EngineCounters books) {
    EngineCounters.Ends ends = books.ends();
    MetricsPage.Family ended =
        page.family(
                "switchboard_router_requests",
                "Requests that ended: with an answer (finished) or without; rejected: the queue was full.")
            .count(ends.finished(), "end", "finished");
    ends.failed().forEach((kind, count) -> ended.count(count, "end", lower(kind)));
    ended.end();
    page.now(
        "switchboard_router_running_requests",
        "Requests that are being answered.",
        parts.engine().running());
    page.now("switchboard_router_queued_requests", "Requests that wait.", parts.engine().queued());
    page.count(
        "switchboard_router_preemptions",
        "States of running requests given up for want of memory or for another's turn.",
        books.snapshot().preemptions());
    page.count(
        "switchboard_router_degraded_tokens",
        "Tokens that were read without some of their experts, where requests allow that.",
        books.snapshot().degradedTokens());
  }

  private void memory(MetricsPage page) {
    KvCache cache = parts.model().trunk().kvCache();
    page.family(
            "switchboard_kv_cache_bytes",
            "Keys and values: used by requests, kept for others (cached), and what they may take (budget).")
        .now(cache.usedBytes(), "state", "used")
        .now(cache.cachedBytes(), "state", "cached")
        .now(cache.budgetBytes(), "state", "budget")
        .end();
    page.now(
        "switchboard_kv_cache_block_bytes", "Bytes of a block of 32 tokens.", cache.blockBytes());
    page.now("switchboard_kv_cache_blocks", "Blocks that were made.", cache.blocks());
    page.count(
        "switchboard_kv_cache_evicted_blocks",
        "Blocks kept for others that were needed for something else.",
        cache.evictedBlocks());
    PrefixStates.Usage states = parts.prefixes().usage();
    page.now(
        "switchboard_prefix_states",
        "Recurrent states kept for prompts that begin alike.",
        states.states());
    page.family("switchboard_prefix_state_bytes", "Their memory, and what they may take (budget).")
        .now(states.usedBytes(), "state", "used")
        .now(states.budgetBytes(), "state", "budget")
        .end();
    page.count(
        "switchboard_prefix_states_evicted",
        "Of them, those that gave way to others.",
        states.evicted());
    page.now(
        "switchboard_pack_cache_bytes",
        "Of the weights in memory, bytes that are packed in files of the cache.",
        parts.model().packCacheBytes());
  }

  /**
   * Calls by layer and expert, or by layer alone where that would be too many series.
   *
   * @param layers that have experts
   * @param experts the most that a layer has
   */
  static void calls(
      MetricsPage page, List<Integer> layers, int experts, PassCounters.Snapshot now) {
    page.count(
        "switchboard_router_passes", "Tokens that went through the whole model.", now.passes());
    MetricsPage.Family calls =
        page.family(
            "switchboard_router_expert_calls",
            "Tokens that each expert was awake for (expert \"all\": of its layer).");
    boolean each = (long) layers.size() * experts <= MOST_SERIES;
    for (int i = 0; i < layers.size(); i++) {
      String layer = Integer.toString(layers.get(i));
      long sum = 0;
      for (int expert = 0; expert < experts; expert++) {
        long count = now.calls()[i * experts + expert];
        sum += count;
        if (each) {
          calls.count(count, "layer", layer, "expert", Integer.toString(expert));
        }
      }
      if (!each) {
        calls.count(sum, "layer", layer, "expert", "all");
      }
    }
    calls.end();
  }

  private static void nodes(MetricsPage page, RemoteExperts remote) {
    MetricsPage.Family links =
        page.family(
            "switchboard_router_node_link",
            "1 for each node that can be sent to, and how batches go there.");
    remote.links().ways().forEach((node, way) -> links.now(1, "node", node, "way", lower(way)));
    links.end();
    MetricsPage.Family hops =
        page.family(
            "switchboard_router_hop_seconds",
            "Batches sent to nodes, from sending to the answer, the node's work included.");
    for (HopWay way : HopWay.values()) {
      hops.times(remote.hops().of(way), "way", lower(way));
    }
    hops.end();
    page.family(
            "switchboard_router_link_breaks",
            "Streams to nodes that broke (corrupt: a message's checksum did not fit).")
        .count(remote.links().breaks().corrupt(), "reason", "corrupt")
        .count(remote.links().breaks().all() - remote.links().breaks().corrupt(), "reason", "other")
        .end();
    health(page, remote.health());
  }

  private static void health(MetricsPage page, NodeHealth.Counts health) {
    page.family(
            "switchboard_router_extra_batches",
            "Batches sent beside or instead of others: to a second node while the first was slow (hedged;"
                + " won: it was first; cancelled: the other had not begun when it was told), to try a node"
                + " (trial), after a failure (resent), and those that there was no budget for.")
        .count(health.hedged(), "kind", "hedged")
        .count(health.won(), "kind", "won")
        .count(health.cancelled(), "kind", "cancelled")
        .count(health.trials(), "kind", "trial")
        .count(health.unhedged(), "kind", "not_hedged")
        .count(health.resent(), "kind", "resent")
        .count(health.refusedRetries(), "kind", "not_resent")
        .end();
    page.count(
        "switchboard_router_node_ejections",
        "How often a node was not asked any more for a while.",
        health.ejections());
    page.now("switchboard_router_nodes_ejected", "Nodes that are not asked now.", health.ejected());
  }

  private static String lower(Enum<?> name) {
    return name.name().toLowerCase(Locale.ROOT);
  }
}
