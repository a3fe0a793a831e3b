package dev.switchboard.cluster.plan;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.TreeMap;

/** The nodes of a plan as arrays: what is asked millions of times. Immutable once made. */
final class Sites {
  final String[] ids;
  final int[] slots;

  /** What a unit of load costs, by node: one over its speed. */
  final double[] slowness;

  final int[] domain;

  /** Whether it takes copies. */
  final boolean[] open;

  /** Nodes that take copies, and that are not leaving. */
  final int openCount;

  final int domains;
  final double speedSum;
  private final Map<String, Integer> byId = new HashMap<>();
  private final Map<String, PlanNode.Use> uses = new HashMap<>();

  /**
   * @param seed orders nodes: where two are as good as each other the first is taken
   */
  Sites(List<PlanNode> nodes, long seed) {
    List<PlanNode> staying = new ArrayList<>();
    for (PlanNode node : nodes) {
      uses.put(node.id(), node.use());
      if (node.use() != PlanNode.Use.DRAINING) {
        staying.add(node);
      }
    }
    Map<Long, PlanNode> order = new TreeMap<>();
    staying.stream()
        .sorted(Comparator.comparing(PlanNode::id))
        .forEach(node -> order.put(mix(seed + order.size()), node));
    int count = staying.size();
    ids = new String[count];
    slots = new int[count];
    slowness = new double[count];
    domain = new int[count];
    open = new boolean[count];
    Map<String, Integer> domainNumbers = new HashMap<>();
    int site = 0;
    int opened = 0;
    double sum = 0;
    for (PlanNode node : order.values()) {
      ids[site] = node.id();
      slots[site] = node.slots();
      slowness[site] = 1 / node.speed();
      domain[site] = domainNumbers.computeIfAbsent(node.domain(), d -> domainNumbers.size());
      open[site] = node.use() == PlanNode.Use.OPEN;
      opened += open[site] ? 1 : 0;
      sum += node.speed();
      byId.put(node.id(), site++);
    }
    openCount = opened;
    speedSum = sum;
    domains = domainNumbers.size();
  }

  int count() {
    return ids.length;
  }

  /** Its number; -1 for a node that is dead or leaves. */
  int find(String id) {
    return byId.getOrDefault(id, -1);
  }

  /** Why a copy on that node does not count any more. */
  Why whyGone(String id) {
    return uses.get(id) == PlanNode.Use.DRAINING ? Why.DRAINED : Why.LOST;
  }

  /** Slots of the nodes that take copies, and copies that others keep are not among them. */
  long openSlots() {
    long sum = 0;
    for (int site = 0; site < ids.length; site++) {
      sum += open[site] ? slots[site] : 0;
    }
    return sum;
  }

  /** SplitMix64's finisher: a bijection, so no two nodes get the same place. */
  private static long mix(long value) {
    long z = value * 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }
}
