package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.List;

/**
 * Bamba: Mamba-2 mixers, attention in the layers that are named; dense networks, which are experts
 * of one. Rope turns the first half of each head, which older configurations do not say.
 */
final class BambaArchitecture {
  static final String MODEL_TYPE = "bamba";

  private static final float DEFAULT_EPS = 1e-5f;
  private static final int DEFAULT_KEY_HEADS = 8;
  private static final double DEFAULT_THETA = 10_000;
  private static final double TURNED_PART = 0.5;
  private static final int MAX_LAYERS = 1024;

  private final FamilyReader family;
  private final Mamba2Reader mamba;
  private final List<Integer> attention;

  private BambaArchitecture(FamilyReader family) {
    this.family = family;
    this.mamba = new Mamba2Reader(family, Mamba2Reader.PREFIXED, "mamba_expand", 1);
    this.attention = family.config().integers("attn_layer_indices", 0, MAX_LAYERS);
  }

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family =
        FamilyReader.of(checkpoint, config, JambaArchitecture.names(), "rms_norm_eps", DEFAULT_EPS);
    return family.plan(new BambaArchitecture(family)::layer);
  }

  private LayerPlan layer(int index) {
    ConfigReader config = family.config();
    String prefix = family.layer(index);
    MixerPlan mixer =
        attention.contains(index)
            ? attention(prefix + "self_attn.")
            : mamba.plan(prefix + "mamba.");
    FfnPlan network =
        family.ffn(
            prefix + "feed_forward.",
            config.count("intermediate_size"),
            family.activation(),
            config.flag("mlp_bias", false));
    return JambaArchitecture.layer(family, index, mixer, FeedPlan.Moe.dense(network));
  }

  private MixerPlan attention(String prefix) {
    ConfigReader config = family.config();
    boolean given = config.root().has("num_key_value_heads");
    Heads heads = family.heads(given ? 0 : DEFAULT_KEY_HEADS, 0);
    boolean bias = config.flag("attention_bias", false);
    return new AttentionReader(family, prefix, heads)
        .biases(bias, bias)
        .rope(RopeReader.read(config, heads.dim(), false, DEFAULT_THETA, TURNED_PART))
        .plan();
  }
}
