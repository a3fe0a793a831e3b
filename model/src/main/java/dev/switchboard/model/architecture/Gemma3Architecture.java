package dev.switchboard.model.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.architecture.MixerPlan.Heads;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/**
 * Gemma 3, its text model: four norms a layer whose weights are stored minus 1, embeddings times
 * the root of their width, five sliding layers to one that sees all, each kind with a rope of its
 * own.
 */
final class Gemma3Architecture {
  static final String MODEL_TYPE = "gemma3_text";

  /** With a tower for pictures, which is not read; the text model's keys are in text_config. */
  static final String OUTER_MODEL_TYPE = "gemma3";

  private static final float DEFAULT_EPS = 1e-6f;
  private static final int DEFAULT_KEY_VALUE_HEADS = 4;
  private static final int DEFAULT_HEAD_DIM = 256;
  private static final int DEFAULT_WINDOW = 4096;
  private static final int DEFAULT_PATTERN = 6;
  private static final float DEFAULT_SCALAR = 256f;
  private static final double FULL_THETA = 1_000_000;
  private static final double SLIDING_THETA = 10_000;

  private static final Map<String, Integer> USUAL =
      Map.of(
          "hidden_size", 2304,
          "vocab_size", 262_208,
          "num_hidden_layers", 26,
          "num_attention_heads", 8,
          "intermediate_size", 9216,
          "max_position_embeddings", 131_072);

  private final FamilyReader family;
  private final ConfigReader config;

  /** What the file leaves out of each norm's weight. */
  private final float offset;

  private Gemma3Architecture(FamilyReader family) {
    this.family = family;
    this.config = family.config();
    this.offset = config.flag("norm_offset_added", false) ? 0f : 1f;
  }

  static ModelPlan plan(Checkpoint checkpoint, ConfigReader config) {
    ConfigReader text = config.nested("text_config").map(own -> inside(config, own)).orElse(config);
    return new Gemma3Architecture(FamilyReader.of(checkpoint, text, DEFAULT_EPS)).plan();
  }

  /** The published configurations of models with pictures leave out what is usual. */
  private static ConfigReader inside(ConfigReader outer, ConfigReader text) {
    ObjectNode all = JsonNodeFactory.instance.objectNode();
    all.put("model_type", MODEL_TYPE);
    USUAL.forEach((key, value) -> all.put(key, value.intValue()));
    for (String key : List.of("bos_token_id", "eos_token_id", "tie_word_embeddings")) {
      if (outer.has(key)) {
        all.set(key, outer.root().get(key));
      }
    }
    for (Map.Entry<String, JsonNode> entry : text.root().properties()) {
      all.set(entry.getKey(), entry.getValue());
    }
    return new ConfigReader(text.file(), all, text.path());
  }

  private ModelPlan plan() {
    config.refuseFlag("use_bidirectional_attention", false);
    refuseCap("attn_logit_softcapping");
    refuseCap("final_logit_softcapping");
    Heads heads = family.heads(DEFAULT_KEY_VALUE_HEADS, DEFAULT_HEAD_DIM);
    LayerTypes types = types();
    return family.plan(
        i -> layer(i, heads, types),
        norm(family.finalNorm()),
        new ModelPlan.Factors((float) StrictMath.sqrt(family.dModel()), 1f, 1f),
        true,
        List.of());
  }

  private void refuseCap(String key) {
    if (config.has(key)) {
      throw config.error(key, config.root().get(key), "null: there is no arithmetic for it here");
    }
  }

  private LayerTypes types() {
    Optional<Integer> window =
        config.root().has("sliding_window") ? family.window() : Optional.of(DEFAULT_WINDOW);
    int pattern =
        config.count(
            config.spelling("sliding_window_pattern", "_sliding_window_pattern"), DEFAULT_PATTERN);
    return new LayerTypes(family, window, i -> (i + 1) % pattern != 0);
  }

  private LayerPlan layer(int index, Heads heads, LayerTypes types) {
    String layer = family.layer(index);
    boolean bias = config.flag("attention_bias", false);
    MixerPlan mixer =
        new AttentionReader(family, layer + "self_attn.", heads)
            .biases(bias, bias)
            .norms(heads.dim(), heads.dim(), offset)
            .scale(1 / StrictMath.sqrt(config.positive("query_pre_attn_scalar", DEFAULT_SCALAR)))
            .rope(rope(types.slides(index), heads.dim()))
            .window(types.window(index))
            .plan();
    FfnPlan ffn =
        family.ffn(
            layer + "mlp.",
            config.count("intermediate_size"),
            family.activation("hidden_activation", "gelu_pytorch_tanh"),
            false);
    return LayerPlan.of(
        branch(layer + "input_layernorm", mixer, layer + "post_attention_layernorm"),
        branch(
            layer + "pre_feedforward_layernorm",
            FeedPlan.Moe.dense(ffn),
            layer + "post_feedforward_layernorm"));
  }

  private <T> Branch<T> branch(String before, T block, String after) {
    return new Branch<>(norm(before + ".weight"), block, Optional.of(norm(after + ".weight")));
  }

  private RopePlan rope(boolean sliding, int headDim) {
    RopePlan rope =
        RopeReader.forType(
            config,
            sliding ? LayerTypes.SLIDING : LayerTypes.FULL,
            headDim,
            family.interleaved(false),
            sliding ? SLIDING_THETA : FULL_THETA);
    return family.whole(rope, headDim);
  }

  private NormPlan norm(String tensor) {
    return new NormPlan(tensor, family.dModel(), family.eps(), offset);
  }
}
