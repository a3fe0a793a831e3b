package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.List;
import java.util.Optional;

/**
 * IBM Granite 4: Mamba-2 mixers and some attention, with or without rope; Granite 3's experts and a
 * shared network that reads the same; without experts the shared network alone, as experts of one.
 */
final class GraniteHybridArchitecture {
  static final String MODEL_TYPE = "granitemoehybrid";

  private static final float DEFAULT_EPS = 1e-6f;
  private static final double DEFAULT_THETA = 10_000;
  private static final int DEFAULT_SHARED = 1024;

  private final FamilyReader family;
  private final Mamba2Reader mamba;
  private final List<String> types;

  private GraniteHybridArchitecture(FamilyReader family) {
    this.family = family;
    this.mamba = new Mamba2Reader(family, Mamba2Reader.PREFIXED, "mamba_expand", 1);
    this.types = MixerTypes.read(family.config(), "layer_types", "layers_block_type");
    if (!types.isEmpty() && types.size() != family.layerCount()) {
      throw family
          .config()
          .error(
              "layer_types",
              types.size() + " types",
              "one for each of num_hidden_layers = " + family.layerCount());
    }
  }

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    FamilyReader family = FamilyReader.of(checkpoint, config, DEFAULT_EPS);
    return family.plan(
        new GraniteHybridArchitecture(family)::layer,
        GraniteArchitecture.factors(config),
        false,
        List.of());
  }

  private LayerPlan layer(int index) {
    String prefix = family.layer(index);
    MixerPlan mixer =
        !types.isEmpty() && MixerTypes.isAttention(family.config(), types.get(index))
            ? attention(prefix + "self_attn.")
            : mamba.plan(prefix + "mamba.");
    return family.layer(index, mixer, feed(prefix));
  }

  private MixerPlan attention(String prefix) {
    ConfigReader config = family.config();
    Heads heads = family.heads(0, 0);
    AttentionReader reader = GraniteArchitecture.attention(family, prefix, heads);
    String positions = config.text("position_embedding_type", "nope");
    return (positions.equals("rope")
            ? reader.rope(family.rope(heads.dim(), DEFAULT_THETA))
            : reader)
        .plan();
  }

  private FeedPlan feed(String prefix) {
    ConfigReader config = family.config();
    SharedPlan shared =
        GraniteArchitecture.shared(
            family,
            prefix + "shared_mlp.",
            config.count("shared_intermediate_size", DEFAULT_SHARED));
    return config.integer("num_local_experts", 0, 1 << 24, 8) == 0
        ? FeedPlan.Moe.dense(shared.network())
        : GraniteArchitecture.moe(family, prefix, Optional.of(shared));
  }
}
