package dev.switchboard.training.routes;

import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.architecture.GatePlan;
import dev.switchboard.model.architecture.RoutingRule;
import dev.switchboard.model.architecture.RoutingRule.GroupScore;
import dev.switchboard.model.architecture.RoutingRule.Groups;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.moe.Choice;
import java.io.Serializable;
import java.util.Map;
import java.util.Optional;

/**
 * The gate of one layer, as numbers that can be sent.
 *
 * @param weight {@code [experts, dModel]}
 * @param bias {@code [experts]}, or empty
 * @param correction {@code [experts]}: added to the scores for the choice alone
 * @param decay of what it remembers; 0: it does not
 */
@SuppressWarnings("ArrayRecordComponent") // handed on, never compared
public record LayerGate(
    int layer,
    int experts,
    float[] weight,
    float[] bias,
    float[] correction,
    float decay,
    Rule rule)
    implements Serializable {
  /** A routing rule's parts; {@code groups} 0: none. */
  public record Rule(
      int topK,
      Scoring scoring,
      boolean renormalise,
      float scale,
      int groups,
      int kept,
      GroupScore score)
      implements Serializable {
    static Rule of(RoutingRule rule) {
      return new Rule(
          rule.topK(),
          rule.scoring(),
          rule.renormalise(),
          rule.scale(),
          rule.groups().map(Groups::count).orElse(0),
          rule.groups().map(Groups::kept).orElse(0),
          rule.groups().map(Groups::score).orElse(GroupScore.BEST));
    }

    RoutingRule rule() {
      return new RoutingRule(
          topK,
          scoring,
          renormalise,
          scale,
          groups == 0 ? Optional.empty() : Optional.of(new Groups(groups, kept, score)));
    }
  }

  /** The gate of a layer of a model, from the tensors of gates. */
  public static LayerGate of(int layer, FeedPlan.Moe moe, Map<String, Tensor> tensors) {
    GatePlan gate = moe.gate().orElseThrow();
    float[] weight = floats(tensors, gate.weight().weight().tensorOf(0));
    String correction = GateArtifact.correctionOf(gate);
    return new LayerGate(
        layer,
        moe.experts(),
        weight,
        gate.weight().bias().map(bias -> floats(tensors, bias.tensorOf(0))).orElse(new float[0]),
        tensors.containsKey(correction) ? floats(tensors, correction) : new float[moe.experts()],
        gate.decay().map(name -> floats(tensors, name)[0]).orElse(0f),
        Rule.of(gate.rule()));
  }

  private static float[] floats(Map<String, Tensor> tensors, String name) {
    Tensor tensor = tensors.get(name);
    if (tensor == null) {
      throw new IllegalArgumentException("no gate tensor " + name);
    }
    return tensor.toFloats();
  }

  int dModel() {
    return weight.length / experts;
  }

  Choice choice() {
    return new Choice(rule.rule(), experts, correction);
  }

  /** {@code weight x + bias}. */
  float[] logits(float[] x) {
    float[] logits = new float[experts];
    int d = dModel();
    for (int e = 0; e < experts; e++) {
      float sum = 0;
      for (int i = 0; i < d; i++) {
        sum = Math.fma(weight[e * d + i], x[i], sum);
      }
      logits[e] = bias.length == 0 ? sum : sum + bias[e];
    }
    return logits;
  }

  /** What a step of a bias is measured by: a usual score. What is remembered adds up. */
  double unit() {
    return switch (rule.scoring()) {
      case SOFTMAX_OF_ALL -> 1.0 / experts;
      case SIGMOID -> 0.25;
      case SOFTMAX_OF_CHOSEN -> 1 / (1 - decay);
    };
  }

  /** This gate moved towards another one, by a part of the way. */
  public LayerGate towards(LayerGate other, double part) {
    return new LayerGate(
        layer,
        experts,
        mixed(weight, other.weight, part),
        bias,
        mixed(correction, other.correction, part),
        decay,
        rule);
  }

  private static float[] mixed(float[] from, float[] to, double part) {
    float[] mixed = from.clone();
    if (part > 0) {
      for (int i = 0; i < mixed.length; i++) {
        mixed[i] = (float) (from[i] + part * ((double) to[i] - from[i]));
      }
    }
    return mixed;
  }

  LayerGate withCorrection(float[] other) {
    return new LayerGate(layer, experts, weight, bias, other, decay, rule);
  }

  LayerGate withWeight(float[] other) {
    return new LayerGate(layer, experts, other, bias, correction, decay, rule);
  }
}
