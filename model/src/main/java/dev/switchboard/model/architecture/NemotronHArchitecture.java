package dev.switchboard.model.architecture;

import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.architecture.RoutingRule.GroupScore;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.List;
import java.util.Optional;

/**
 * NVIDIA Nemotron-H: every layer is one block alone, a Mamba-2 mixer, attention (without rope), a
 * dense network or experts; networks have no gate. Routed as DeepSeek-V3 does; experts may work in
 * a narrower space than their gate and the shared one. Without routed experts the dense networks
 * are experts of one.
 *
 * <p>Steps have no lower bound ({@code time_step_min}): nor have they in the reference's single
 * steps, in NVIDIA's own code and in other runtimes; only the reference's passes over many tokens
 * bound them.
 */
final class NemotronHArchitecture {
  static final String MODEL_TYPE = "nemotron_h";

  private static final float DEFAULT_EPS = 1e-5f;
  private static final int DEFAULT_GROUPS = 8;
  private static final int DEFAULT_KEY_HEADS = 8;
  private static final int DEFAULT_HEAD_DIM = 128;
  private static final int MAX_LAYERS = 1024;
  private static final String EXPERTS = "n_routed_experts";

  /** A layer's only block. */
  private enum Block {
    MAMBA,
    ATTENTION,
    NETWORK,
    EXPERTS
  }

  private final FamilyReader family;
  private final List<Block> blocks;
  private final Mamba2Reader mamba;

  private NemotronHArchitecture(FamilyReader family) {
    this.family = family;
    this.blocks = blocks(family.config());
    this.mamba = new Mamba2Reader(family, keys(family.config()), "", DEFAULT_GROUPS);
  }

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    String root = checkpoint.find("model.norm_f.weight").isPresent() ? "model." : "backbone.";
    FamilyNames names =
        new FamilyNames(
            root + "embeddings.weight",
            root + "layers.",
            root + "norm_f.weight",
            "lm_head.weight",
            List.of("(.*\\.)?mtp.*"));
    FamilyReader family =
        FamilyReader.of(checkpoint, config, names, "layer_norm_epsilon", DEFAULT_EPS);
    NemotronHArchitecture nemotron = new NemotronHArchitecture(family);
    return family.plan(nemotron.blocks.size(), nemotron::layer);
  }

  private static Mamba2Reader.Keys keys(ConfigReader config) {
    return new Mamba2Reader.Keys(
        "mamba_num_heads",
        "mamba_head_dim",
        "ssm_state_size",
        config.spelling("n_groups", "mamba_n_groups"),
        config.spelling("conv_kernel", "mamba_d_conv"),
        config.spelling("use_conv_bias", "mamba_conv_bias"),
        "use_bias",
        "mamba_hidden_act");
  }

  /** The list, or the older pattern of one character a layer. */
  private static List<Block> blocks(ConfigReader config) {
    List<String> types = MixerTypes.read(config, "layers_block_type", "layer_types");
    List<Block> blocks =
        types.isEmpty()
            ? config
                .text("hybrid_override_pattern")
                .chars()
                .mapToObj(c -> block(config, String.valueOf((char) c)))
                .toList()
            : types.stream().map(type -> block(config, type)).toList();
    if (blocks.size() > MAX_LAYERS) {
      throw config.error("layers_block_type", blocks.size() + " layers", "at most " + MAX_LAYERS);
    }
    return blocks;
  }

  private static Block block(ConfigReader config, String type) {
    return switch (type) {
      case "M", "mamba", "linear_attention" -> Block.MAMBA;
      case "*", "attention", "full_attention" -> Block.ATTENTION;
      case "-", "mlp" -> Block.NETWORK;
      case "E", "moe" -> Block.EXPERTS;
      default ->
          throw config.error(
              config.has("hybrid_override_pattern")
                  ? "hybrid_override_pattern"
                  : "layers_block_type",
              '"' + type + '"',
              "M, *, - and E, or linear_attention, full_attention, mlp and moe");
    };
  }

  private LayerPlan layer(int index) {
    NormPlan norm = family.norm(family.layer(index) + "norm.weight");
    String prefix = family.layer(index) + "mixer.";
    return switch (blocks.get(index)) {
      case MAMBA -> mixer(norm, mamba.unbounded(prefix));
      case ATTENTION -> mixer(norm, attention(prefix));
      case NETWORK -> feed(norm, network(prefix));
      case EXPERTS -> feed(norm, experts(prefix));
    };
  }

  private static LayerPlan mixer(NormPlan norm, MixerPlan mixer) {
    return new LayerPlan(Optional.of(Branch.of(norm, mixer)), Optional.empty());
  }

  private static LayerPlan feed(NormPlan norm, FeedPlan feed) {
    return new LayerPlan(Optional.empty(), Optional.of(Branch.of(norm, feed)));
  }

  private MixerPlan attention(String prefix) {
    boolean given = family.config().root().has("num_key_value_heads");
    Heads heads = family.heads(given ? 0 : DEFAULT_KEY_HEADS, DEFAULT_HEAD_DIM);
    return new AttentionReader(family, prefix, heads).plan();
  }

  private FeedPlan network(String prefix) {
    FfnPlan network = ungated(prefix, family.config().count("intermediate_size"));
    return blocks.contains(Block.EXPERTS)
        ? new FeedPlan.Dense(network)
        : FeedPlan.Moe.dense(network);
  }

  private FfnPlan ungated(String prefix, int intermediate) {
    boolean bias = family.config().flag("mlp_bias", false);
    return new FfnPlan(
        Optional.empty(),
        LinearPlan.of(prefix + "up_proj.", intermediate, family.dModel(), bias),
        LinearPlan.of(prefix + "down_proj.", family.dModel(), intermediate, bias),
        activation());
  }

  private Activation activation() {
    String name = family.config().text("mlp_hidden_act", "relu2");
    return switch (name) {
      case "relu2" -> new Activation.ReluSquared();
      case "silu", "swish" -> new Activation.Silu();
      default -> throw family.config().error("mlp_hidden_act", '"' + name + '"', "relu2 or silu");
    };
  }

  private FeedPlan experts(String prefix) {
    ConfigReader config = family.config();
    int dModel = family.dModel();
    String key = config.spelling(EXPERTS, "num_local_experts");
    int experts = config.count(key);
    int topK = family.topK("num_experts_per_tok", experts, key);
    RoutingRule rule =
        new RoutingRule(
            topK,
            Scoring.SIGMOID,
            config.flag("norm_topk_prob", true),
            config.positive("routed_scaling_factor", 1f),
            new ExpertGroups(config, key, experts, topK).read(1, 1, GroupScore.SUM_OF_TWO_BEST));
    GatePlan gate =
        new GatePlan(
            LinearPlan.of(prefix + "gate.weight", experts, dModel),
            Optional.empty(),
            Optional.of(prefix + "gate.e_score_correction_bias"),
            rule);
    FfnPlan shared =
        ungated(prefix + "shared_experts.", config.count("moe_shared_expert_intermediate_size"));
    int latent = config.has("moe_latent_size") ? config.count("moe_latent_size") : 0;
    return new FeedPlan.Moe(
        Optional.of(gate),
        experts,
        new ExpertPlan.Ffn(expert(prefix + "experts.", key, experts, latent > 0 ? latent : dModel)),
        Optional.of(new SharedPlan(shared, Optional.empty())),
        latent > 0 ? Optional.of(latent(prefix, latent)) : Optional.empty());
  }

  private LatentPlan latent(String prefix, int width) {
    boolean bias = family.config().flag("mlp_bias", false);
    return new LatentPlan(
        LinearPlan.of(prefix + "fc1_latent_proj.", width, family.dModel(), bias),
        LinearPlan.of(prefix + "fc2_latent_proj.", family.dModel(), width, bias));
  }

  /** All in two tensors, or two tensors each. */
  private FfnPlan expert(String prefix, String key, int experts, int width) {
    int intermediate = family.config().count("moe_intermediate_size");
    if (family.holds(prefix + "up_proj")) {
      family.checkExperts(prefix + "up_proj", key, experts);
      return new FfnPlan(
          Optional.empty(),
          LinearPlan.of(MatrixPlan.of(prefix + "up_proj", intermediate, width).stacked(experts)),
          LinearPlan.of(MatrixPlan.of(prefix + "down_proj", width, intermediate).stacked(experts)),
          activation());
    }
    String each = prefix + TensorNames.EXPERT + '.';
    family.checkExpertEach(each + "up_proj.weight", key, experts);
    return new FfnPlan(
        Optional.empty(),
        LinearPlan.of(each + "up_proj.weight", intermediate, width),
        LinearPlan.of(each + "down_proj.weight", width, intermediate),
        activation());
  }
}
