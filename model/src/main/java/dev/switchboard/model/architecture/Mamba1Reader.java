package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Selective;
import java.util.Optional;

/** The Mamba-1 mixer of Mamba and Jamba, whose keys differ in their spelling. */
final class Mamba1Reader {
  private static final int MAX_KERNEL = 64;
  private static final int MAX_WIDTH = 1 << 24;

  /** Features of dModel for one of the step's rank, where the rank is "auto". */
  private static final int AUTO_RANK = 16;

  /**
   * How a family spells its keys.
   *
   * @param convBias key of a flag that is true where it is absent
   * @param bias key of a flag that is false where it is absent: of both projections
   */
  record Keys(
      String stateSize, String kernel, String expand, String rank, String convBias, String bias) {}

  private final FamilyReader family;
  private final Selective sizes;
  private final boolean convBias;
  private final boolean bias;

  Mamba1Reader(FamilyReader family, Keys keys) {
    ConfigReader config = family.config();
    this.family = family;
    long inner = (long) config.count(keys.expand(), 2) * family.dModel();
    if (inner > MAX_WIDTH) {
      throw config.error(keys.expand() + " x hidden_size", inner, "at most " + MAX_WIDTH);
    }
    boolean given = config.has(keys.rank()) && !config.root().get(keys.rank()).isTextual();
    this.sizes =
        new Selective(
            (int) inner,
            config.integer(keys.stateSize(), 1, MAX_WIDTH, 16),
            given ? config.count(keys.rank()) : Math.ceilDiv(family.dModel(), AUTO_RANK),
            config.integer(keys.kernel(), 1, MAX_KERNEL, 4));
    this.convBias = config.flag(keys.convBias(), true);
    this.bias = config.flag(keys.bias(), false);
    Mamba2Reader.refuseOtherActivations(config, "hidden_act");
  }

  /**
   * @param prefix of its tensors; ends with a dot
   * @param normed whether dt, B and C have norms of their own
   */
  MixerPlan.Mamba1 plan(String prefix, boolean normed) {
    int inner = sizes.inner();
    int rank = sizes.stepRank();
    return new MixerPlan.Mamba1(
        prefix,
        sizes,
        Mamba2Reader.decay(family, prefix),
        LinearPlan.of(prefix + "in_proj.", 2 * inner, family.dModel(), bias),
        LinearPlan.of(prefix + "x_proj.weight", rank + 2 * sizes.stateSize(), inner),
        LinearPlan.of(prefix + "dt_proj.", inner, rank, true),
        LinearPlan.of(prefix + "out_proj.", family.dModel(), inner, bias),
        convBias,
        normed ? Optional.of(norms(prefix)) : Optional.empty());
  }

  private MixerPlan.StepNorms norms(String prefix) {
    return new MixerPlan.StepNorms(
        NormPlan.of(prefix + "dt_layernorm.weight", sizes.stepRank(), family.eps()),
        NormPlan.of(prefix + "b_layernorm.weight", sizes.stateSize(), family.eps()),
        NormPlan.of(prefix + "c_layernorm.weight", sizes.stateSize(), family.eps()));
  }
}
