package dev.switchboard.model.reshape;

import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.GatePlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.architecture.RoutingRule;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.TreeMap;
import java.util.stream.IntStream;

/**
 * Which experts become one. What is not in a group goes.
 *
 * @param byLayer the new experts of each layer that has experts: the old ones that each is made of,
 *     the most used first, with their shares, which add up to 1
 */
record Grouping(Map<Integer, List<Group>> byLayer) {
  /**
   * @param members old experts
   * @param shares of the same order
   */
  record Group(int[] members, double[] shares) {
    private static Group alone(int expert) {
      return new Group(new int[] {expert}, new double[] {1});
    }

    int head() {
      return members[0];
    }
  }

  /** The most used stay as they are. */
  static Grouping kept(Checkpoint model, ModelPlan plan, ExpertUse use, int count) {
    Map<Integer, List<Group>> groups = new TreeMap<>();
    used(plan, use)
        .tokens()
        .forEach((layer, tokens) ->
            groups.put(
                layer,
                Arrays.stream(heads(model, plan, layer, tokens, count))
                    .mapToObj(Group::alone)
                    .toList()));
    return new Grouping(groups);
  }

  /**
   * The most used stay, each of the others joins the one whose row of the gate is most like its.
   */
  static Grouping merged(Checkpoint model, ModelPlan plan, ExpertUse use, int count) {
    ExpertUse used = used(plan, use);
    boolean uniform = uniform(plan);
    Map<Integer, List<Group>> groups = new TreeMap<>();
    double[][] likeness = uniform ? summedLikeness(model, plan) : new double[0][];
    used.tokens()
        .forEach((layer, tokens) -> {
          int[] heads = heads(model, plan, layer, tokens, count);
          double[][] like = uniform ? likeness : likeness(model, moe(plan, layer));
          groups.put(layer, joined(heads, tokens, like, clusters(moe(plan, layer))));
        });
    return new Grouping(groups);
  }

  /** An expert of our own family is one subject, in all layers. */
  static boolean uniform(ModelPlan plan) {
    return !plan.expertNames().isEmpty() && plan.modelType().equals("switchboard");
  }

  private static ExpertUse used(ModelPlan plan, ExpertUse use) {
    return uniform(plan) ? use.summed() : use;
  }

  static FeedPlan.Moe moe(ModelPlan plan, int layer) {
    return plan.layers().get(layer).moe().orElseThrow();
  }

  /** Groups that the routing rule ranks first; experts of one stay together. */
  private static int clusters(FeedPlan.Moe moe) {
    return moe.gate()
        .flatMap(gate -> gate.rule().groups())
        .map(RoutingRule.Groups::count)
        .orElse(1);
  }

  // size: what is to stay of one layer, and whom to name if it cannot
  private static int[] heads(
      Checkpoint model, ModelPlan plan, int layer, long[] tokens, int count) {
    FeedPlan.Moe moe = moe(plan, layer);
    int clusters = clusters(moe);
    if (moe.gate().isEmpty() || count > moe.experts() || count < moe.topK()) {
      throw CheckpointException.in(
          model.path(),
          "layer %s has %s experts of which %s are awake; %s cannot stay",
          layer,
          moe.experts(),
          moe.topK(),
          count);
    }
    try {
      moe.gate().orElseThrow().rule().checkFits(count);
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(
          "%s: %s experts do not fit the gate's rule: %s"
              .formatted(model.path(), count, e.getMessage()),
          e);
    }
    int width = moe.experts() / clusters;
    return IntStream.range(0, clusters)
        .flatMap(cluster ->
            IntStream.range(cluster * width, (cluster + 1) * width)
                .boxed()
                .sorted(Comparator.comparingLong((Integer e) -> -tokens[e]))
                .limit(count / clusters)
                .mapToInt(Integer::intValue))
        .sorted()
        .toArray();
  }

  private static List<Group> joined(int[] heads, long[] tokens, double[][] like, int clusters) {
    int width = tokens.length / clusters;
    Map<Integer, List<Integer>> members = new TreeMap<>();
    for (int head : heads) {
      members.put(head, new ArrayList<>(List.of(head)));
    }
    for (int e = 0; e < tokens.length; e++) {
      int expert = e;
      if (!members.containsKey(e)) {
        int nearest =
            Arrays.stream(heads)
                .filter(head -> head / width == expert / width)
                .boxed()
                .max(Comparator.comparingDouble(head -> like[expert][head]))
                .orElseThrow();
        Objects.requireNonNull(members.get(nearest)).add(e);
      }
    }
    return members.values().stream().map(list -> group(list, tokens)).toList();
  }

  private static Group group(List<Integer> members, long[] tokens) {
    int[] experts = members.stream().mapToInt(Integer::intValue).toArray();
    double all = Arrays.stream(experts).mapToDouble(e -> tokens[e]).sum();
    double[] shares =
        Arrays.stream(experts)
            .mapToDouble(e -> all == 0 ? 1.0 / experts.length : tokens[e] / all)
            .toArray();
    return new Group(experts, shares);
  }

  private static double[][] summedLikeness(Checkpoint model, ModelPlan plan) {
    double[][] sum = new double[0][];
    for (int layer : plan.moeLayers()) {
      double[][] one = likeness(model, moe(plan, layer));
      if (sum.length == 0) {
        sum = one;
        continue;
      }
      for (int i = 0; i < one.length; i++) {
        for (int j = 0; j < one.length; j++) {
          sum[i][j] += one[i][j];
        }
      }
    }
    return sum;
  }

  /** Cosines of the gate's rows. */
  private static double[][] likeness(Checkpoint model, FeedPlan.Moe moe) {
    GatePlan gate = moe.gate().orElseThrow();
    SourceMatrix rows = SourceMatrix.of(model, gate.weight().weight(), 0, SourceMatrix.AS_IT_IS);
    float[][] values = new float[rows.rows()][rows.columns()];
    for (int e = 0; e < values.length; e++) {
      rows.read(e, values[e], 0);
    }
    double[][] like = new double[values.length][values.length];
    for (int i = 0; i < values.length; i++) {
      for (int j = 0; j < values.length; j++) {
        double norms = Math.sqrt(product(values[i], values[i]) * product(values[j], values[j]));
        like[i][j] = norms == 0 ? 0 : product(values[i], values[j]) / norms;
      }
    }
    return like;
  }

  private static double product(float[] a, float[] b) {
    double sum = 0;
    for (int i = 0; i < a.length; i++) {
      sum += (double) a[i] * b[i];
    }
    return sum;
  }
}
