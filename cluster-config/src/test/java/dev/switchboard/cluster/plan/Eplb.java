package dev.switchboard.cluster.plan;

import java.util.Arrays;
import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * EPLB's whole algorithm (DeepSeek, hierarchical and global), put together from our counting and
 * packing: what we are compared with. It packs the same number of copies into every pack, and minds
 * neither copies that meet nor what was in force.
 */
final class Eplb {
  private Eplb() {}

  /**
   * @param weights [experts]
   * @param groups of experts that stay on one node; 1 node and group is the global policy
   * @return for each slot of each device, in order, its expert, [copies]
   */
  static int[] place(double[] weights, int copies, int groups, int nodes, int devices) {
    int groupSize = weights.length / groups;
    double[] groupWeights = new double[groups];
    for (int i = 0; i < weights.length; i++) {
      groupWeights[i / groupSize] += weights[i];
    }
    int[] nodeOf = balanced(groupWeights, nodes);
    int[] rankOf = ranks(groupWeights, nodeOf, nodes);
    int[] placed = new int[copies];
    int perNode = copies / nodes;
    for (int node = 0; node < nodes; node++) {
      int[] experts = expertsOf(node, nodeOf, rankOf, groupSize);
      int[] slots = within(weights, experts, perNode, devices / nodes);
      System.arraycopy(slots, 0, placed, node * perNode, perNode);
    }
    return placed;
  }

  /** Experts of a node's groups, group by group in the order in which they were packed there. */
  private static int[] expertsOf(int node, int[] nodeOf, int[] rankOf, int groupSize) {
    return IntStream.range(0, nodeOf.length)
        .filter(group -> nodeOf[group] == node)
        .boxed()
        .sorted(Comparator.comparingInt(group -> rankOf[group]))
        .flatMapToInt(group -> IntStream.range(group * groupSize, (group + 1) * groupSize))
        .toArray();
  }

  private static int[] within(double[] weights, int[] experts, int copies, int devices) {
    double[] loads = Arrays.stream(experts).mapToDouble(expert -> weights[expert]).toArray();
    int[] counts = Replication.counts(loads, copies, 1, Integer.MAX_VALUE);
    int more = copies - loads.length;
    int[] items =
        IntStream.concat(
                IntStream.range(0, loads.length),
                Arrays.stream(Replication.further(loads, more, 1, Integer.MAX_VALUE)))
            .toArray();
    double[] shares =
        Arrays.stream(items).mapToDouble(item -> loads[item] / counts[item]).toArray();
    int[] deviceOf = balanced(shares, devices);
    int[] ranks = ranks(shares, deviceOf, devices);
    int perDevice = copies / devices;
    int[] placed = new int[copies];
    for (int slot = 0; slot < copies; slot++) {
      placed[deviceOf[slot] * perDevice + ranks[slot]] = experts[items[slot]];
    }
    return placed;
  }

  private static int[] ranks(double[] shares, int[] packOf, int packs) {
    int[] next = new int[packs];
    int[] ranks = new int[shares.length];
    if (packs == shares.length) {
      return ranks;
    }
    for (int thing : Packing.heaviestFirst(shares)) {
      ranks[thing] = next[packOf[thing]]++;
    }
    return ranks;
  }

  /** Packs of the same number of things. */
  static int[] balanced(double[] weights, int packs) {
    int room = weights.length / packs;
    if (room == 1) {
      return IntStream.range(0, packs).toArray();
    }
    double[] sums = new double[packs];
    int[] taken = new int[packs];
    int[] order = Packing.heaviestFirst(weights);
    int[] chosen =
        Packing.pack(
            order,
            new Packing.Packs() {
              @Override
              public int count() {
                return packs;
              }

              @Override
              public boolean takes(int pack, int thing) {
                return taken[pack] < room;
              }

              @Override
              public double weight(int pack) {
                return sums[pack];
              }

              @Override
              public void put(int pack, int thing) {
                sums[pack] += weights[thing];
                taken[pack]++;
              }
            });
    int[] packOf = new int[weights.length];
    for (int i = 0; i < order.length; i++) {
      packOf[order[i]] = chosen[i];
    }
    return packOf;
  }

  /** Mean load of a device over the largest, for the global policy. */
  static double balance(double[] weights, int copies, int devices) {
    int[] placed = place(weights, copies, 1, 1, devices);
    int[] counts = new int[weights.length];
    for (int expert : placed) {
      counts[expert]++;
    }
    double[] loads = new double[devices];
    for (int slot = 0; slot < copies; slot++) {
      loads[slot / (copies / devices)] += weights[placed[slot]] / counts[placed[slot]];
    }
    double most = Arrays.stream(loads).max().orElseThrow();
    return Arrays.stream(weights).sum() / devices / most;
  }
}
