package dev.switchboard.node;

import dev.switchboard.cluster.ExpertUses;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.LoadCost;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.ProcessCosts;
import dev.switchboard.cluster.metrics.ResidentMemory;
import dev.switchboard.node.runtime.ExpertCounters;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.NodeCounters;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Objects;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * What a node hands over to the grid: its counters, and, less often, those of each of its experts.
 * Nothing while nothing happens. Belongs to one thread.
 */
final class NodeReport {
  private static final Duration USES_EVERY = Duration.ofSeconds(1);

  /** So many are told every second; of more experts so much less often. */
  private static final int USES_A_SECOND = 1024;

  private final String node;
  private final String model;
  private final Shard shard;
  private final LoadCost cost;
  private NodeLoad published;
  private @Nullable ProcessCosts costs;
  private long usesRows = -1;
  private long usesAtNanos;
  private Set<Integer> usesUnits = Set.of();

  NodeReport(NodeInfo info, Shard shard) {
    this.node = info.id();
    this.model = info.model();
    this.shard = shard;
    this.cost = shard.counters().cost();
    this.published = NodeLoad.none(node);
  }

  /** Hands over what has changed since the last time. */
  void publish(Grid grid) {
    long begun = cost.begin();
    try {
      publishCounters(grid);
      publishUses(grid, shard.nanoTime().getAsLong());
    } finally {
      cost.end(begun);
    }
  }

  private void publishCounters(Grid grid) {
    NodeLoad now = load();
    if (!now.equals(published)) {
      HeldExperts held = held();
      published = now.with(shard.loader().memory(held, ResidentMemory.bytes()), costs(grid).now());
      grid.publishLoad(published);
    }
  }

  private ProcessCosts costs(Grid grid) {
    if (costs == null) {
      costs = new ProcessCosts(cost, grid.loadCost());
    }
    return costs;
  }

  /** With memory and cost of the last time, which differ at every look. */
  private NodeLoad load() {
    NodeCounters counters = shard.counters();
    return new NodeLoad(
        node,
        model,
        counters.work(),
        shard.loop().backlog(),
        shard.loop().outstandingTokens(),
        shard.loader().memory(held(), published.memory().resident()),
        published.cost());
  }

  private void publishUses(Grid grid, long nowNanos) {
    Set<Integer> units = held().byUnit().keySet();
    long rows = published.done().rows();
    boolean nothingYet = usesRows < 0 && units.isEmpty();
    if (nothingYet || (rows == usesRows && units.equals(usesUnits))) {
      return;
    }
    int experts = shard.counters().experts().size();
    long pause = USES_EVERY.toNanos() * (1 + experts / USES_A_SECOND);
    if (usesRows >= 0 && nowNanos - usesAtNanos < pause) {
      return;
    }
    usesAtNanos = nowNanos;
    usesRows = rows;
    usesUnits = units;
    grid.publishUses(uses(nowNanos));
  }

  /** Of those that are held. */
  private ExpertUses uses(long nowNanos) {
    long wallMillis = System.currentTimeMillis();
    List<ExpertUses.Use> uses = new ArrayList<>();
    for (List<HeldExperts.Held> unit : held().byUnit().values()) {
      for (HeldExperts.Held one : unit) {
        ExpertCounters counted = one.counters();
        long idleNanos = nowNanos - counted.lastUseNanos(nowNanos);
        uses.add(
            new ExpertUses.Use(
                one.layer(),
                one.index(),
                counted.rows(),
                counted.serviceNanos(),
                counted.rows() == 0 ? 0 : wallMillis - Math.max(0, idleNanos) / 1_000_000));
      }
    }
    return new ExpertUses(node, uses);
  }

  private HeldExperts held() {
    return Objects.requireNonNull(shard.held().get());
  }
}
