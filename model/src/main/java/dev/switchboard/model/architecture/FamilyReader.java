package dev.switchboard.model.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.Tensor;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * What the families of Hugging Face transformers have in common: keys of sizes, names of tensors,
 * and the checks that sizes fit each other. A family adds what is its own. What a key means and
 * what holds where it is absent is as in transformers 5.23.
 */
final class FamilyReader {
  private static final int MAX_LAYERS = 1024;
  private static final int MAX_WIDTH = 1 << 24;

  /** Buffers that older checkpoints hold, and scales of activations: nobody reads them. */
  private static final List<String> IGNORED =
      List.of("(.*\\.)?rotary_emb\\.inv_freq", ".*\\.(input|activation|k|v)_scale");

  private final Checkpoint checkpoint;
  private final ConfigReader config;
  private final FamilyNames names;
  private final int dModel;
  private final int vocabulary;
  private final float eps;
  private final List<LayerPlan> layers;

  private FamilyReader(
      Checkpoint checkpoint, ConfigReader config, FamilyNames names, String epsKey, float eps) {
    this.checkpoint = checkpoint;
    this.config = config;
    this.names = names;
    this.dModel = config.count("hidden_size");
    this.vocabulary = config.count("vocab_size");
    this.eps = config.positive(epsKey, eps);
    this.layers = new ArrayList<>();
    Fp8Blocks.check(checkpoint);
  }

  /**
   * A model whose tensors are named as those of most are.
   *
   * @param defaultEps of its norms, where {@code rms_norm_eps} is absent
   */
  static FamilyReader of(Checkpoint checkpoint, ConfigReader config, float defaultEps) {
    return of(checkpoint, config, FamilyNames.in(checkpoint), "rms_norm_eps", defaultEps);
  }

  /** A model with names of its own. */
  static FamilyReader of(
      Checkpoint checkpoint,
      ConfigReader config,
      FamilyNames names,
      String epsKey,
      float defaultEps) {
    return new FamilyReader(checkpoint, config, names, epsKey, defaultEps);
  }

  Checkpoint checkpoint() {
    return checkpoint;
  }

  ConfigReader config() {
    return config;
  }

  int dModel() {
    return dModel;
  }

  /** Of the layers' norms. */
  float eps() {
    return eps;
  }

  /** Prefix of a layer's tensors; ends with a dot. */
  String layer(int index) {
    return names.layers() + index + '.';
  }

  /** Name of the last norm. */
  String finalNorm() {
    return names.finalNorm();
  }

  boolean holds(String tensor) {
    return checkpoint.find(tensor).isPresent();
  }

  int layerCount() {
    return config.integer("num_hidden_layers", 1, MAX_LAYERS);
  }

  /** A norm over dModel. */
  NormPlan norm(String tensor) {
    return NormPlan.of(tensor, dModel, eps);
  }

  /**
   * The layer of most families: {@code input_layernorm}, mixer, {@code post_attention_layernorm},
   * feed.
   */
  LayerPlan layer(int index, MixerPlan mixer, FeedPlan feed) {
    return LayerPlan.of(
        Branch.of(norm(layer(index) + "input_layernorm.weight"), mixer),
        Branch.of(norm(layer(index) + "post_attention_layernorm.weight"), feed));
  }

  /** What {@code hidden_act} (or another key) names, in a network with a gate. */
  Activation activation(String key, String fallback) {
    String name = config.text(key, fallback);
    return switch (name) {
      case "silu", "swish" -> new Activation.Silu();
      case "gelu_pytorch_tanh", "gelu_python_tanh", "gelu_new", "gelu_fast" ->
          new Activation.GeluTanh();
      default ->
          throw config.error(
              key,
              '"' + name + '"',
              "silu, swish, gelu_pytorch_tanh, gelu_new or gelu_fast: there is no arithmetic for others here");
    };
  }

  Activation activation() {
    return activation("hidden_act", "silu");
  }

  /**
   * Numbers of heads.
   *
   * @param defaultKeyValue where {@code num_key_value_heads} is absent; 0: as many as query heads
   * @param defaultDim where {@code head_dim} is absent; 0: hidden_size / num_attention_heads
   */
  Heads heads(int defaultKeyValue, int defaultDim) {
    int query = config.count("num_attention_heads");
    int keyValue = config.count("num_key_value_heads", orElse(defaultKeyValue, query));
    if (query % keyValue != 0) {
      throw config.error(
          "num_key_value_heads", keyValue, "a divisor of num_attention_heads, which is " + query);
    }
    if (!config.has("head_dim") && defaultDim == 0 && dModel % query != 0) {
      throw config.error(
          "num_attention_heads", query, "a divisor of hidden_size, which is " + dModel);
    }
    boolean absent = !config.root().has("head_dim");
    int dim = config.count("head_dim", absent && defaultDim > 0 ? defaultDim : dModel / query);
    if ((long) query * dim > MAX_WIDTH) {
      throw config.error("num_attention_heads x head_dim", (long) query * dim, "at most 2^24");
    }
    return new Heads(query, keyValue, dim);
  }

  private static int orElse(int value, int fallback) {
    return value > 0 ? value : fallback;
  }

  /** Rope over whole heads; the factor of a partial one is refused. */
  RopePlan rope(int headDim, double defaultTheta) {
    checkOneRope();
    return whole(RopeReader.read(config, headDim, interleaved(false), defaultTheta), headDim);
  }

  private void checkOneRope() {
    config
        .nested("rope_parameters")
        .ifPresent(rope -> {
          if (rope.root().valueStream().anyMatch(JsonNode::isObject)) {
            throw config.error("rope_parameters", rope.root(), "one rope for all layers");
          }
        });
  }

  RopePlan whole(RopePlan rope, int headDim) {
    if (rope.dims() != headDim) {
      throw config.error(
          "partial_rotary_factor",
          rope.dims() + " of " + headDim + " values of a head",
          "1: this family turns whole heads");
    }
    return rope;
  }

  /** Whether rope turns neighbours; files whose rows are laid out for that say so. */
  boolean interleaved(boolean fallback) {
    return config.flag("rope_interleave", fallback);
  }

  /** The window of all layers that slide; empty if the key is absent. */
  Optional<Integer> window() {
    return config.has("sliding_window")
        ? Optional.of(config.integer("sliding_window", 1, Integer.MAX_VALUE))
        : Optional.empty();
  }

  /** {@code gate_proj}, {@code up_proj} and {@code down_proj} under a prefix. */
  FfnPlan ffn(String prefix, int intermediate, Activation activation, boolean bias) {
    return new FfnPlan(
        Optional.of(LinearPlan.of(prefix + "gate_proj.", intermediate, dModel, bias)),
        LinearPlan.of(prefix + "up_proj.", intermediate, dModel, bias),
        LinearPlan.of(prefix + "down_proj.", dModel, intermediate, bias),
        activation);
  }

  /** One matrix for gate and up, in that order, and one for down. */
  FfnPlan fused(String gateUp, String down, int intermediate, Activation activation) {
    int both = 2 * intermediate;
    return new FfnPlan(
        Optional.of(
            LinearPlan.of(MatrixPlan.of(gateUp, Rows.range(0, intermediate, both), dModel))),
        LinearPlan.of(MatrixPlan.of(gateUp, Rows.range(intermediate, intermediate, both), dModel)),
        LinearPlan.of(MatrixPlan.of(down, dModel, intermediate)),
        activation);
  }

  /** Experts of a layer; see {@link ExpertLayout}. */
  ExpertLayout experts(String prefix, int experts) {
    return new ExpertLayout(this, prefix, experts);
  }

  /**
   * Looks for a tensor of each expert: a number from a file is not believed before its file is
   * found to hold as much.
   *
   * @param pattern its name, with the place of the expert's index
   */
  void checkExpertEach(String pattern, String key, int experts) {
    for (int e = 0; e < experts; e++) {
      String name = TensorNames.of(pattern, e);
      if (!holds(name)) {
        throw CheckpointException.in(
            checkpoint.fileOf(name),
            "tensor %s is missing; %s is %s, expected one for each",
            name,
            key,
            experts);
      }
    }
  }

  /** How many experts a token wakes. */
  int topK(String key, int experts, String expertsKey) {
    int topK = config.count(key);
    if (topK > experts) {
      throw config.error(key, topK, "at most " + expertsKey + ", which is " + experts);
    }
    return topK;
  }

  /** A layer's routed experts without shared ones. */
  static FeedPlan.Moe moe(GatePlan gate, ExpertPlan expert) {
    return new FeedPlan.Moe(
        Optional.of(gate),
        gate.weight().weight().rows().count(),
        expert,
        Optional.empty(),
        Optional.empty());
  }

  ModelPlan plan(IntFunction<LayerPlan> layer) {
    return plan(layer, ModelPlan.Factors.NONE, false, List.of());
  }

  /** With as many layers as something else than {@code num_hidden_layers} says. */
  ModelPlan plan(int count, IntFunction<LayerPlan> layer) {
    return plan(count, layer, norm(finalNorm()), ModelPlan.Factors.NONE, false, List.of());
  }

  /**
   * The whole model.
   *
   * @param tied whether the head is the embedding, where {@code tie_word_embeddings} is absent
   * @param ignored patterns of tensors besides those that all families ignore
   */
  ModelPlan plan(
      IntFunction<LayerPlan> layer, ModelPlan.Factors factors, boolean tied, List<String> ignored) {
    return plan(layer, norm(finalNorm()), factors, tied, ignored);
  }

  ModelPlan plan(
      IntFunction<LayerPlan> layer,
      NormPlan finalNorm,
      ModelPlan.Factors factors,
      boolean tied,
      List<String> ignored) {
    return plan(layerCount(), layer, finalNorm, factors, tied, ignored);
  }

  // size: what differs between families, by name
  private ModelPlan plan(
      int count,
      IntFunction<LayerPlan> layer,
      NormPlan finalNorm,
      ModelPlan.Factors factors,
      boolean tied,
      List<String> ignored) {
    IntStream.range(0, count).mapToObj(layer).forEach(layers::add);
    FamilyNames.Ends ends =
        names.ends(checkpoint, config.flag("tie_word_embeddings", tied), vocabulary, dModel);
    Path name = checkpoint.path().toAbsolutePath().normalize().getFileName();
    List<String> patterns = new ArrayList<>(IGNORED);
    patterns.addAll(names.ignored());
    patterns.addAll(ends.ignored());
    patterns.addAll(ignored);
    return new ModelPlan(
        name == null ? config.text("model_type") : name.toString(),
        config.text("model_type"),
        dModel,
        vocabulary,
        ends.embedding(),
        LinearPlan.of(ends.head()),
        finalNorm,
        layers,
        factors,
        TextPlans.read(checkpoint, config, vocabulary),
        List.of(),
        PromptLimits.of(config, layers),
        patterns);
  }

  /**
   * Compares the number of experts that a tensor holds with that of the configuration, before
   * anything is done for each.
   */
  void checkExperts(String tensor, String key, int experts) {
    Tensor found =
        checkpoint
            .find(tensor)
            .orElseThrow(() ->
                CheckpointException.in(
                    checkpoint.fileOf(tensor),
                    "tensor %s is missing; expected it with a first extent of %s",
                    tensor,
                    experts));
    if (found.shape().isEmpty() || found.shape().getFirst() != experts) {
      throw CheckpointException.in(
          checkpoint.fileOf(tensor),
          "tensor %s is %s of shape %s, expected a first extent of %s, which %s says",
          checkpoint.label(tensor),
          found.dtype(),
          found.shape(),
          experts,
          key);
    }
  }
}
