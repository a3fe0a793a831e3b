package dev.switchboard.model.gguf;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.GgufMetadata;
import java.util.List;

/** Writes metadata as the keys of a {@code config.json}. */
final class GgufConfig {
  private static final double DEFAULT_THETA = 10_000;
  private static final String FREQUENCIES = "rope_freqs.weight";

  private final GgufSource source;
  private final ObjectNode config = JsonNodeFactory.instance.objectNode();

  GgufConfig(GgufSource source, String modelType) {
    this.source = source;
    config.put("model_type", modelType);
  }

  ObjectNode node() {
    return config;
  }

  /** What every model has. */
  GgufConfig common() {
    config.put("hidden_size", source.count("embedding_length"));
    config.put("num_hidden_layers", source.layers());
    config.put("max_position_embeddings", Math.max(1, source.count("context_length", 1 << 15)));
    config.put("vocab_size", vocabulary());
    config.put("rms_norm_eps", source.number("attention.layer_norm_rms_epsilon", 1e-5));
    config.put("tie_word_embeddings", !source.holds("output.weight"));
    tokens();
    return this;
  }

  private int vocabulary() {
    GgufMetadata metadata = source.metadata();
    String tokens = "tokenizer.ggml.tokens";
    if (metadata.isList(tokens) && metadata.size(tokens) > 0) {
      return metadata.size(tokens);
    }
    return source.has("vocab_size")
        ? source.count("vocab_size")
        : source.extent("token_embd.weight", 0);
  }

  private void tokens() {
    GgufMetadata metadata = source.metadata();
    int vocabulary = config.get("vocab_size").intValue();
    ArrayNode ends = config.arrayNode();
    for (String name : List.of("eos", "eot", "eom")) {
      long id = metadata.integer("tokenizer.ggml." + name + "_token_id", -1);
      if (id >= 0 && id < vocabulary) {
        ends.add((int) id);
      }
    }
    config.set("eos_token_id", ends);
    long first = metadata.integer("tokenizer.ggml.bos_token_id", -1);
    if (first >= 0 && first < vocabulary) {
      config.put("bos_token_id", (int) first);
    }
  }

  /** Heads of grouped-query attention, the same in all layers that have any. */
  GgufConfig heads() {
    int heads = source.largest("attention.head_count");
    config.put("num_attention_heads", heads);
    config.put(
        "num_key_value_heads",
        source.has("attention.head_count_kv") ? source.largest("attention.head_count_kv") : heads);
    if (source.has("attention.key_length")) {
      int width = source.count("attention.key_length");
      if (source.count("attention.value_length", width) != width) {
        throw source.error(
            "attention.value_length",
            source.count("attention.value_length"),
            "that of attention.key_length, which is " + width);
      }
      config.put("head_dim", width);
    }
    return this;
  }

  GgufConfig feedForward() {
    config.put("intermediate_size", source.largest("feed_forward_length"));
    return this;
  }

  /**
   * Base, scaling and layout of rope.
   *
   * @param headDim of which {@code rope.dimension_count} is a part
   * @param interleaved whether it turns neighbours: the rows of q and k are laid out for that
   */
  GgufConfig rope(int headDim, boolean interleaved) {
    int dims = source.count("rope.dimension_count", headDim);
    config.put("rope_theta", source.number("rope.freq_base", DEFAULT_THETA));
    config.put("rope_interleave", interleaved);
    if (dims != headDim) {
      config.put("partial_rotary_factor", (double) dims / headDim);
    }
    ObjectNode scaling = scaling(dims);
    if (!scaling.isEmpty()) {
      config.set("rope_scaling", scaling);
    }
    return this;
  }

  private ObjectNode scaling(int dims) {
    ObjectNode scaling = config.objectNode();
    String kind =
        source.text("rope.scaling.type", source.has("rope.scale_linear") ? "linear" : "none");
    switch (kind) {
      case "none" -> {
        if (source.holds(FREQUENCIES)) {
          float[] divisors = source.floats(FREQUENCIES, dims / 2);
          longRope(scaling, divisors, divisors, 1);
        }
      }
      case "linear" -> {
        scaling.put("rope_type", "linear");
        scaling.put(
            "factor",
            source.number(
                source.has("rope.scaling.factor") ? "rope.scaling.factor" : "rope.scale_linear"));
      }
      case "yarn" -> yarn(scaling);
      case "longrope" ->
          longRope(
              scaling,
              source.floats("rope_factors_short.weight", dims / 2),
              source.floats("rope_factors_long.weight", dims / 2),
              source.number("rope.scaling.attn_factor", 1));
      default -> throw source.error("rope.scaling.type", kind, "none, linear, yarn or longrope");
    }
    return scaling;
  }

  /** Divisors of each pair; the same for all lengths where a file has one list only. */
  private void longRope(ObjectNode scaling, float[] brief, float[] lengthy, double magnitude) {
    scaling.put("rope_type", "longrope");
    scaling.set("short_factor", list(brief));
    scaling.set("long_factor", list(lengthy));
    scaling.put("attention_factor", magnitude);
    scaling.put("original_max_position_embeddings", originalLength());
  }

  private int originalLength() {
    return Math.max(
        1, source.count("rope.scaling.original_context_length", source.count("context_length")));
  }

  private ArrayNode list(float[] values) {
    ArrayNode list = config.arrayNode();
    for (float value : values) {
      list.add(value);
    }
    return list;
  }

  private void yarn(ObjectNode scaling) {
    if (source.number("rope.scaling.yarn_ext_factor", 1) != 1) {
      throw source.error(
          "rope.scaling.yarn_ext_factor", source.number("rope.scaling.yarn_ext_factor"), "1");
    }
    double factor = source.number("rope.scaling.factor");
    scaling.put("rope_type", "yarn");
    scaling.put("factor", factor);
    scaling.put("original_max_position_embeddings", originalLength());
    scaling.put("beta_fast", source.number("rope.scaling.yarn_beta_fast", 32));
    scaling.put("beta_slow", source.number("rope.scaling.yarn_beta_slow", 1));
    double own =
        source.number("rope.scaling.attn_factor", 1)
            * source.number("rope.scaling.yarn_attn_factor", 1);
    if (own != 1) {
      scaling.put("attention_factor", own * (factor <= 1 ? 1 : 0.1 * StrictMath.log(factor) + 1));
    }
  }

  GgufConfig put(String key, int value) {
    config.put(key, value);
    return this;
  }

  GgufConfig put(String key, double value) {
    config.put(key, value);
    return this;
  }

  GgufConfig put(String key, boolean value) {
    config.put(key, value);
    return this;
  }

  GgufConfig put(String key, String value) {
    config.put(key, value);
    return this;
  }

  /** Only where the metadata have it. */
  GgufConfig copy(String name, String key) {
    if (source.has(name)) {
      config.put(key, source.number(name));
    }
    return this;
  }

  GgufConfig list(String key, List<String> values) {
    ArrayNode list = config.putArray(key);
    values.forEach(list::add);
    return this;
  }

  GgufConfig integers(String key, List<Integer> values) {
    ArrayNode list = config.putArray(key);
    values.forEach(list::add);
    return this;
  }

  /** {@code head_dim}, or what follows from the other sizes. */
  int headDim() {
    int heads = Math.max(1, config.path("num_attention_heads").asInt());
    return config.has("head_dim")
        ? config.get("head_dim").intValue()
        : Math.max(1, config.get("hidden_size").intValue() / heads);
  }
}
