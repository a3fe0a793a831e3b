package dev.switchboard.model.architecture;

import dev.switchboard.model.checkpoint.Checkpoint;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.stream.IntStream;

/**
 * Our own family: a layer is a Mamba-2 mixer, then a small shared network beside routed experts of
 * which few are awake. See docs/switchboard-family.md for the tensors and the arithmetic.
 */
final class SwitchboardArchitecture {
  static final String MODEL_TYPE = "switchboard";

  /** The state does not grow with the prompt; what a router reads at the most is its setting. */
  private static final int DEFAULT_MAX_PROMPT_TOKENS = Integer.MAX_VALUE;

  private static final String EMBEDDING = "model.embed_tokens.weight";
  private static final String HEAD = "lm_head.weight";
  private static final String FINAL_NORM = "model.final_norm.weight";

  private final Checkpoint checkpoint;
  private final ConfigReader config;
  private final int dModel;
  private final int vocabulary;
  private final int experts;

  private SwitchboardArchitecture(Checkpoint checkpoint, ConfigReader config) {
    this.checkpoint = checkpoint;
    this.config = config;
    this.dModel = config.count("hidden_size");
    this.vocabulary = config.count("vocab_size");
    this.experts = config.count("num_experts");
  }

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    return new SwitchboardArchitecture(checkpoint, config).plan();
  }

  private ModelPlan plan() {
    checkDtype();
    List<LayerPlan> layers =
        IntStream.range(0, config.integer("num_hidden_layers", 1, 1024))
            .mapToObj(this::layer)
            .toList();
    Path name = checkpoint.folder().toAbsolutePath().normalize().getFileName();
    MatrixPlan embedding = MatrixPlan.of(EMBEDDING, vocabulary, dModel);
    return new ModelPlan(
        name == null ? MODEL_TYPE : name.toString(),
        MODEL_TYPE,
        dModel,
        vocabulary,
        embedding,
        LinearPlan.of(
            config.flag("tie_word_embeddings", true)
                ? embedding
                : MatrixPlan.of(HEAD, vocabulary, dModel)),
        norm(FINAL_NORM),
        layers,
        ModelPlan.Factors.NONE,
        TextPlans.read(checkpoint, config, vocabulary),
        expertNames(),
        config.count("max_position_embeddings", DEFAULT_MAX_PROMPT_TOKENS),
        List.of());
  }

  private NormPlan norm(String tensor) {
    return NormPlan.of(tensor, dModel, config.positive("rms_norm_eps"));
  }

  private LayerPlan layer(int index) {
    String prefix = "model.layers." + index + ".";
    return LayerPlan.of(
        Branch.of(norm(prefix + "mixer_norm.weight"), mixer(prefix + "mixer.")),
        Branch.of(norm(prefix + "moe_norm.weight"), moe(prefix + "moe.")));
  }

  private MixerPlan mixer(String prefix) {
    int heads = config.count("mamba_num_heads");
    int groups = config.count("mamba_n_groups", 1);
    if (heads % groups != 0) {
      throw config.error(
          "mamba_n_groups", groups, "a divisor of mamba_num_heads, which is " + heads);
    }
    int inner = config.product("mamba_num_heads", "mamba_head_dim");
    int stateSize = config.count("mamba_state_size");
    MixerPlan.Scan scan =
        new MixerPlan.Scan(
            heads,
            config.count("mamba_head_dim"),
            stateSize,
            groups,
            config.positive("rms_norm_eps"),
            0f,
            Float.POSITIVE_INFINITY);
    int projected = 2 * inner + 2 * groups * stateSize + heads;
    return new MixerPlan.Mamba2(
        prefix,
        scan,
        MixerPlan.Decay.LOGARITHMS,
        LinearPlan.of(prefix + "in_proj.weight", projected, dModel),
        LinearPlan.of(prefix + "out_proj.weight", dModel, inner),
        config.integer("mamba_conv_kernel", 1, 64),
        true);
  }

  private FeedPlan.Moe moe(String prefix) {
    int topK = config.count("num_experts_per_tok");
    if (topK > experts) {
      throw config.error("num_experts_per_tok", topK, "at most num_experts, which is " + experts);
    }
    GatePlan gate =
        new GatePlan(
            LinearPlan.of(prefix + "gate.weight", experts, dModel),
            config.flag("gate_memory", false)
                ? Optional.of(prefix + "gate.decay")
                : Optional.empty(),
            config.flag("gate_correction", false)
                ? Optional.of(prefix + "gate.correction_bias")
                : Optional.empty(),
            RoutingRule.of(topK, RoutingRule.Scoring.SOFTMAX_OF_CHOSEN, true));
    FfnPlan shared =
        FfnPlan.swiGlu(prefix + "shared.", dModel, config.count("shared_intermediate_size"));
    return new FeedPlan.Moe(
        Optional.of(gate),
        experts,
        expert(prefix + "experts.{e}."),
        Optional.of(new SharedPlan(shared, Optional.empty())),
        Optional.empty());
  }

  private ExpertPlan expert(String prefixPattern) {
    String backbone = config.text("expert_backbone");
    return switch (backbone) {
      case "ffn" ->
          new ExpertPlan.Ffn(
              FfnPlan.swiGlu(prefixPattern, dModel, config.count("expert_intermediate_size")));
      case "mamba" -> {
        config.product("expert_mamba_num_heads", "expert_mamba_head_dim");
        yield new ExpertPlan.Mamba(
            prefixPattern,
            dModel,
            config.count("expert_mamba_num_heads"),
            config.count("expert_mamba_head_dim"),
            config.count("expert_mamba_state_size"));
      }
      default ->
          throw config.error("expert_backbone", '"' + backbone + '"', "\"ffn\" or \"mamba\"");
    };
  }

  private List<String> expertNames() {
    if (!config.has("expert_names")) {
      return IntStream.range(0, experts).mapToObj(e -> "expert-" + e).toList();
    }
    List<String> names = config.texts("expert_names");
    if (names.size() != experts || new HashSet<>(names).size() != experts) {
      throw config.error(
          "expert_names", names, experts + " different names, one for each of num_experts");
    }
    return names;
  }

  private void checkDtype() {
    for (String key : List.of("dtype", "torch_dtype")) {
      if (config.has(key) && !List.of("bfloat16", "float32").contains(config.text(key))) {
        throw config.error(key, '"' + config.text(key) + '"', "\"bfloat16\" or \"float32\"");
      }
    }
  }
}
