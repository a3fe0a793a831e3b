package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Decay;
import dev.switchboard.model.architecture.MixerPlan.Scan;
import java.util.List;

/**
 * The Mamba-2 mixer of several families, whose keys differ in their spelling. Its blocking ({@code
 * chunk_size}) and what only training needs are not read.
 */
final class Mamba2Reader {
  private static final int MAX_KERNEL = 64;
  private static final int MAX_WIDTH = 1 << 24;

  /** Of every family that has such mixers: the activation behind the convolution. */
  static final String ACTIVATION = "silu";

  /**
   * How a family spells its keys; null in a configuration counts as absent.
   *
   * @param convBias key of a flag that is true where it is absent
   * @param bias key of a flag that is false where it is absent: of both projections
   */
  record Keys(
      String heads,
      String headDim,
      String stateSize,
      String groups,
      String kernel,
      String convBias,
      String bias,
      String activation) {}

  /** Bamba and Granite 4. */
  static final Keys PREFIXED =
      new Keys(
          "mamba_n_heads",
          "mamba_d_head",
          "mamba_d_state",
          "mamba_n_groups",
          "mamba_d_conv",
          "mamba_conv_bias",
          "mamba_proj_bias",
          "hidden_act");

  private final FamilyReader family;
  private final Scan scan;
  private final int kernel;
  private final boolean convBias;
  private final boolean bias;

  /**
   * @param expandKey width inside over dModel, which heads must fit; empty: they say the width
   */
  Mamba2Reader(FamilyReader family, Keys keys, String expandKey, int defaultGroups) {
    ConfigReader config = family.config();
    this.family = family;
    int heads = config.count(keys.heads());
    int dim = headDim(config, keys, expandKey, heads);
    int groups = config.count(keys.groups(), defaultGroups);
    int stateSize = config.count(keys.stateSize());
    check(config, keys.headDim(), "x " + keys.heads(), (long) heads * dim);
    check(config, keys.groups(), "x " + keys.stateSize(), (long) groups * stateSize);
    if (heads % groups != 0) {
      throw config.error(
          keys.groups(), groups, "a divisor of %s, which is %s".formatted(keys.heads(), heads));
    }
    List<Double> limits =
        config.has("time_step_limit")
            ? config.numbers("time_step_limit")
            : List.of(0.0, Double.POSITIVE_INFINITY);
    if (limits.size() != 2 || !(limits.get(0) >= 0) || !(limits.get(1) >= limits.get(0))) {
      throw config.error("time_step_limit", limits, "the least and the most of a step");
    }
    this.scan =
        new Scan(
            heads,
            dim,
            stateSize,
            groups,
            family.eps(),
            limits.get(0).floatValue(),
            limits.get(1).floatValue());
    this.kernel = config.integer(keys.kernel(), 1, MAX_KERNEL, 4);
    this.convBias = config.flag(keys.convBias(), true);
    this.bias = config.flag(keys.bias(), false);
    refuseOtherActivations(config, keys.activation());
  }

  /** The reference's gates are silu whatever this says, its convolution would be something else. */
  static void refuseOtherActivations(ConfigReader config, String key) {
    String name = config.text(key, ACTIVATION);
    if (!name.equals(ACTIVATION) && !name.equals("swish")) {
      throw config.error(key, '"' + name + '"', "\"silu\" behind the convolution");
    }
  }

  private int headDim(ConfigReader config, Keys keys, String expandKey, int heads) {
    boolean given = config.has(keys.headDim()) && !config.root().get(keys.headDim()).isTextual();
    if (expandKey.isEmpty()) {
      return config.count(keys.headDim());
    }
    long inner = (long) config.count(expandKey, 2) * family.dModel();
    long dim = given ? config.count(keys.headDim()) : inner / heads;
    if (dim * heads != inner) {
      throw config.error(
          keys.headDim(),
          dim,
          "%s = %s heads to make up %s x hidden_size = %s"
              .formatted(keys.heads(), heads, expandKey, inner));
    }
    return (int) dim;
  }

  private static void check(ConfigReader config, String key, String times, long product) {
    if (product > MAX_WIDTH) {
      throw config.error(key + ' ' + times, product, "at most " + MAX_WIDTH);
    }
  }

  /** Steps without bounds, whatever the configuration says. */
  MixerPlan.Mamba2 unbounded(String prefix) {
    Scan free =
        new Scan(
            scan.heads(),
            scan.headDim(),
            scan.stateSize(),
            scan.groups(),
            scan.normEps(),
            0f,
            Float.POSITIVE_INFINITY);
    return plan(prefix, free);
  }

  /**
   * @param prefix of its tensors; ends with a dot
   */
  MixerPlan.Mamba2 plan(String prefix) {
    return plan(prefix, scan);
  }

  private MixerPlan.Mamba2 plan(String prefix, Scan sizes) {
    int projected = 2 * sizes.inner() + 2 * sizes.groups() * sizes.stateSize() + sizes.heads();
    return new MixerPlan.Mamba2(
        prefix,
        sizes,
        decay(family, prefix),
        LinearPlan.of(prefix + "in_proj.", projected, family.dModel(), bias),
        LinearPlan.of(prefix + "out_proj.", family.dModel(), sizes.inner(), bias),
        kernel,
        convBias);
  }

  /** Whichever form of A the checkpoint holds. */
  static Decay decay(FamilyReader family, String prefix) {
    return family.holds(prefix + Decay.VALUES.tensor()) ? Decay.VALUES : Decay.LOGARITHMS;
  }
}
