package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.HeadNorms;
import dev.switchboard.model.architecture.MixerPlan.Heads;
import java.util.Optional;
import java.util.OptionalDouble;
import java.util.OptionalInt;

/**
 * Puts together the plan of grouped-query attention under {@code PREFIXq_proj}, {@code k_proj},
 * {@code v_proj} and {@code o_proj}. Without more: no biases, no rope, no norms, no window, scale 1
 * / sqrt(head's width).
 */
final class AttentionReader {
  private final FamilyReader family;
  private final String prefix;
  private final Heads heads;
  private boolean inBias;
  private boolean outBias;
  private float scale;
  private Optional<RopePlan> rope = Optional.empty();
  private Optional<HeadNorms> norms = Optional.empty();
  private OptionalInt window = OptionalInt.empty();
  private Optional<String> sinks = Optional.empty();
  private OptionalDouble clip = OptionalDouble.empty();

  /**
   * @param prefix ends with a dot
   */
  AttentionReader(FamilyReader family, String prefix, Heads heads) {
    this.family = family;
    this.prefix = prefix;
    this.heads = heads;
    this.scale = (float) (1 / StrictMath.sqrt(heads.dim()));
  }

  AttentionReader biases(boolean in, boolean out) {
    this.inBias = in;
    this.outBias = out;
    return this;
  }

  AttentionReader scale(double value) {
    this.scale = (float) value;
    return this;
  }

  AttentionReader rope(RopePlan plan) {
    this.rope = Optional.of(plan);
    return this;
  }

  /**
   * {@code q_norm} and {@code k_norm}, each over a head or over the whole projection.
   *
   * @param offset what the file leaves out of each weight
   */
  AttentionReader norms(int queryWidth, int keyWidth, float offset) {
    this.norms =
        Optional.of(
            new HeadNorms(norm("q_norm", queryWidth, offset), norm("k_norm", keyWidth, offset)));
    return this;
  }

  private NormPlan norm(String name, int width, float offset) {
    return new NormPlan(prefix + name + ".weight", width, family.eps(), offset);
  }

  AttentionReader window(Optional<Integer> keys) {
    this.window = keys.map(OptionalInt::of).orElse(OptionalInt.empty());
    return this;
  }

  AttentionReader sinks(String name) {
    this.sinks = Optional.of(prefix + name);
    return this;
  }

  AttentionReader clip(double bound) {
    this.clip = OptionalDouble.of(bound);
    return this;
  }

  MixerPlan.Attention plan() {
    int dModel = family.dModel();
    int query = heads.query() * heads.dim();
    int keyValue = heads.keyValue() * heads.dim();
    return new MixerPlan.Attention(
        LinearPlan.of(prefix + "q_proj.", query, dModel, inBias),
        LinearPlan.of(prefix + "k_proj.", keyValue, dModel, inBias),
        LinearPlan.of(prefix + "v_proj.", keyValue, dModel, inBias),
        LinearPlan.of(prefix + "o_proj.", dModel, query, outBias),
        heads,
        scale,
        rope,
        norms,
        window,
        sinks,
        clip);
  }
}
