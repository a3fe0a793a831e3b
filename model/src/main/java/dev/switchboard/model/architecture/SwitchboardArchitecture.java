package dev.switchboard.model.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.JsonFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.stream.IntStream;

/**
 * Our own family: a layer is a Mamba-2 mixer, then a small shared network beside routed experts of
 * which few are awake. See docs/switchboard-family.md for the tensors and the arithmetic.
 */
final class SwitchboardArchitecture {
  static final String MODEL_TYPE = "switchboard";

  /**
   * The state does not grow with the prompt; the bound keeps one request from holding the machine.
   */
  private static final int DEFAULT_MAX_PROMPT_TOKENS = 32_768;

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
    SwitchboardArchitecture architecture = new SwitchboardArchitecture(checkpoint, config);
    ModelPlan plan = architecture.plan();
    architecture.tensors(plan).check(checkpoint);
    GateDecay.check(checkpoint, plan);
    return plan;
  }

  private ModelPlan plan() {
    checkDtype();
    List<LayerPlan> layers =
        IntStream.range(0, config.integer("num_hidden_layers", 1, 1024))
            .mapToObj(this::layer)
            .toList();
    List<Integer> bos = tokens("bos_token_id");
    Path name = checkpoint.folder().toAbsolutePath().normalize().getFileName();
    return new ModelPlan(
        name == null ? MODEL_TYPE : name.toString(),
        MODEL_TYPE,
        dModel,
        vocabulary,
        config.positive("rms_norm_eps"),
        EMBEDDING,
        config.flag("tie_word_embeddings", true) ? EMBEDDING : HEAD,
        FINAL_NORM,
        layers,
        bos.isEmpty() ? OptionalInt.empty() : OptionalInt.of(bos.getFirst()),
        tokens("eos_token_id"),
        expertNames(),
        config.count("max_position_embeddings", DEFAULT_MAX_PROMPT_TOKENS));
  }

  private LayerPlan layer(int index) {
    String prefix = "model.layers." + index + ".";
    return new LayerPlan(
        prefix + "mixer_norm.weight",
        mixer(prefix + "mixer."),
        prefix + "moe_norm.weight",
        moe(prefix + "moe."));
  }

  private MixerPlan mixer(String prefix) {
    int heads = config.count("mamba_num_heads");
    int groups = config.count("mamba_n_groups", 1);
    if (heads % groups != 0) {
      throw config.error(
          "mamba_n_groups", groups, "a divisor of mamba_num_heads, which is " + heads);
    }
    config.product("mamba_num_heads", "mamba_head_dim");
    return new MixerPlan.Mamba2(
        prefix,
        heads,
        config.count("mamba_head_dim"),
        config.count("mamba_state_size"),
        groups,
        config.integer("mamba_conv_kernel", 1, 64));
  }

  private FeedPlan.Moe moe(String prefix) {
    int topK = config.count("num_experts_per_tok");
    if (topK > experts) {
      throw config.error("num_experts_per_tok", topK, "at most num_experts, which is " + experts);
    }
    return new FeedPlan.Moe(
        prefix + "gate.weight",
        config.flag("gate_memory", false) ? Optional.of(prefix + "gate.decay") : Optional.empty(),
        new RoutingRule(topK, RoutingRule.Scoring.SOFTMAX_OF_CHOSEN, true),
        experts,
        expert(prefix + "experts.{e}."),
        Optional.of(new SharedPlan(prefix + "shared.", config.count("shared_intermediate_size"))));
  }

  private ExpertPlan expert(String prefixPattern) {
    String backbone = config.text("expert_backbone");
    return switch (backbone) {
      case "ffn" -> new ExpertPlan.Ffn(prefixPattern, config.count("expert_intermediate_size"));
      case "mamba" -> {
        config.product("expert_mamba_num_heads", "expert_mamba_head_dim");
        yield new ExpertPlan.Mamba(
            prefixPattern,
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

  /** What generation_config.json says goes before config.json. */
  private List<Integer> tokens(String key) {
    Path file = checkpoint.folder().resolve("generation_config.json");
    if (Files.exists(file)) {
      JsonNode generation = JsonFiles.readObject(file);
      if (generation.hasNonNull(key)) {
        return new ConfigReader(file, generation).tokens(key, vocabulary);
      }
    }
    return config.tokens(key, vocabulary);
  }

  private TensorTable tensors(ModelPlan plan) {
    TensorTable table = new TensorTable();
    table.matrix(plan.embeddingTensor(), vocabulary, dModel);
    table.matrix(plan.headTensor(), vocabulary, dModel);
    table.exact(plan.finalNormTensor(), dModel);
    for (LayerPlan layer : plan.layers()) {
      table.exact(layer.mixerNormTensor(), dModel);
      table.exact(layer.feedNormTensor(), dModel);
      switch (layer.mixer()) {
        case MixerPlan.Mamba2 mixer -> mixerTensors(table, mixer);
      }
      switch (layer.feed()) {
        case FeedPlan.Moe moe -> moeTensors(table, moe);
      }
    }
    return table;
  }

  private void mixerTensors(TensorTable table, MixerPlan.Mamba2 mixer) {
    long inner = mixer.inner();
    long convolved = inner + 2L * mixer.groups() * mixer.stateSize();
    String prefix = mixer.prefix();
    table.matrix(prefix + "in_proj.weight", inner + convolved + mixer.heads(), dModel);
    table.exact(prefix + "conv1d.weight", convolved, 1, mixer.convKernel());
    table.exact(prefix + "conv1d.bias", convolved);
    scanTensors(table, prefix, mixer.heads(), inner);
  }

  private void scanTensors(TensorTable table, String prefix, int heads, long inner) {
    for (String name : List.of("A_log", "D", "dt_bias")) {
      table.exact(prefix + name, heads);
    }
    table.exact(prefix + "norm.weight", inner);
    table.matrix(prefix + "out_proj.weight", dModel, inner);
  }

  private void moeTensors(TensorTable table, FeedPlan.Moe moe) {
    table.exact(moe.gateTensor(), experts, dModel);
    moe.gateDecayTensor().ifPresent(name -> table.exact(name, 1));
    moe.shared().ifPresent(shared -> swiGlu(table, shared.prefix(), shared.intermediate()));
    for (int e = 0; e < experts; e++) {
      String prefix = moe.expert().prefix(e);
      switch (moe.expert()) {
        case ExpertPlan.Ffn ffn -> swiGlu(table, prefix, ffn.intermediate());
        case ExpertPlan.Mamba mamba -> {
          long inner = mamba.inner();
          table.matrix(
              prefix + "in_proj.weight",
              2 * inner + 2L * mamba.stateSize() + mamba.heads(),
              dModel);
          scanTensors(table, prefix, mamba.heads(), inner);
        }
      }
    }
  }

  private void swiGlu(TensorTable table, String prefix, int intermediate) {
    table.matrix(prefix + "gate_proj.weight", intermediate, dModel);
    table.matrix(prefix + "up_proj.weight", intermediate, dModel);
    table.matrix(prefix + "down_proj.weight", dModel, intermediate);
  }
}
