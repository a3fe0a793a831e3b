package dev.switchboard.benchmarks;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.SplittableRandom;

/**
 * Writes a model directory with random weights and one layer, of a width that is measured: the
 * smallest thing that a real node will serve.
 *
 * @param width dModel
 * @param experts how many, one awake
 * @param intermediate width of an expert: small, since what is measured is the way there and back
 */
record SyntheticModel(int width, int experts, int intermediate) {
  private static final int VOCABULARY = 257;
  private static final int HEADS = 2;
  private static final int HEAD_DIM = 32;
  private static final int STATE = 16;
  private static final int INNER = HEADS * HEAD_DIM;
  private static final int CONV = 4;
  private static final String LAYER = "model.layers.0.";
  private static final ObjectMapper JSON = new ObjectMapper();

  void write(Path folder) throws IOException {
    Files.createDirectories(folder);
    JSON.writeValue(folder.resolve("config.json").toFile(), config());
    JSON.writeValue(folder.resolve("tokenizer.json").toFile(), tokenizer());
    SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors(), Map.of());
  }

  private ObjectNode config() {
    ObjectNode config = JSON.createObjectNode();
    config.put("model_type", "switchboard").put("dtype", "float32");
    config.putArray("architectures").add("SwitchboardForCausalLM");
    config.put("vocab_size", VOCABULARY).put("hidden_size", width).put("num_hidden_layers", 1);
    config.put("rms_norm_eps", 1e-5).put("tie_word_embeddings", true);
    config.put("mamba_num_heads", HEADS).put("mamba_head_dim", HEAD_DIM);
    config.put("mamba_state_size", STATE).put("mamba_n_groups", 1).put("mamba_conv_kernel", CONV);
    config
        .put("shared_intermediate_size", intermediate)
        .put("expert_intermediate_size", intermediate);
    config.put("num_experts", experts).put("num_experts_per_tok", 1);
    ArrayNode names = config.putArray("expert_names");
    for (int e = 0; e < experts; e++) {
      names.add("expert-" + e);
    }
    config.put("expert_backbone", "ffn").put("gate_memory", false);
    config.put("bos_token_id", VOCABULARY - 1).put("eos_token_id", VOCABULARY - 1);
    return config;
  }

  private Map<String, Tensor> tensors() {
    SplittableRandom random = new SplittableRandom(11);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    int channels = INNER + 2 * STATE;
    random(tensors, random, "model.embed_tokens.weight", VOCABULARY, width);
    ones(tensors, LAYER + "mixer_norm.weight", width);
    random(tensors, random, LAYER + "mixer.in_proj.weight", INNER + channels + HEADS, width);
    random(tensors, random, LAYER + "mixer.conv1d.weight", channels, 1, CONV);
    random(tensors, random, LAYER + "mixer.conv1d.bias", channels);
    random(tensors, random, LAYER + "mixer.A_log", HEADS);
    random(tensors, random, LAYER + "mixer.D", HEADS);
    random(tensors, random, LAYER + "mixer.dt_bias", HEADS);
    ones(tensors, LAYER + "mixer.norm.weight", INNER);
    random(tensors, random, LAYER + "mixer.out_proj.weight", width, INNER);
    ones(tensors, LAYER + "moe_norm.weight", width);
    random(tensors, random, LAYER + "moe.gate.weight", experts, width);
    feed(tensors, random, LAYER + "moe.shared.");
    for (int e = 0; e < experts; e++) {
      feed(tensors, random, LAYER + "moe.experts." + e + ".");
    }
    ones(tensors, "model.final_norm.weight", width);
    return tensors;
  }

  private void feed(Map<String, Tensor> tensors, SplittableRandom random, String prefix) {
    random(tensors, random, prefix + "gate_proj.weight", intermediate, width);
    random(tensors, random, prefix + "up_proj.weight", intermediate, width);
    random(tensors, random, prefix + "down_proj.weight", width, intermediate);
  }

  private static void random(
      Map<String, Tensor> tensors, SplittableRandom random, String name, long... shape) {
    float[] values = new float[elements(shape)];
    double scale = 1 / Math.sqrt(shape[shape.length - 1]);
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) ((random.nextDouble() * 2 - 1) * scale);
    }
    tensors.put(name, SafetensorsWriter.of(name, DType.F32, shape, values));
  }

  private static void ones(Map<String, Tensor> tensors, String name, long... shape) {
    float[] values = new float[elements(shape)];
    java.util.Arrays.fill(values, 1);
    tensors.put(name, SafetensorsWriter.of(name, DType.F32, shape, values));
  }

  private static int elements(long[] shape) {
    long elements = 1;
    for (long axis : shape) {
      elements *= axis;
    }
    return Math.toIntExact(elements);
  }

  /** One token a byte, and the end of the text. */
  private static ObjectNode tokenizer() {
    ObjectNode tokenizer = JSON.createObjectNode();
    tokenizer.put("version", "1.0");
    ObjectNode end = tokenizer.putArray("added_tokens").addObject();
    end.put("id", VOCABULARY - 1).put("content", "<|endoftext|>").put("special", true);
    end.put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false);
    tokenizer.putNull("normalizer").putNull("post_processor");
    ObjectNode split = tokenizer.putObject("pre_tokenizer");
    split.put("type", "ByteLevel").put("add_prefix_space", false);
    split.put("trim_offsets", true).put("use_regex", false);
    tokenizer
        .putObject("decoder")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", true)
        .put("use_regex", false);
    ObjectNode model = tokenizer.putObject("model");
    model.put("type", "BPE").put("byte_fallback", false).put("fuse_unk", false);
    ObjectNode vocabulary = model.putObject("vocab");
    for (int b = 0; b < 256; b++) {
      vocabulary.put(symbol(b), b);
    }
    vocabulary.put("<|endoftext|>", VOCABULARY - 1);
    model.putArray("merges");
    return tokenizer;
  }

  /** The printable character that byte-level tokenizers write for a byte. */
  private static String symbol(int b) {
    if (printable(b)) {
      return Character.toString(b);
    }
    int before = 0;
    for (int other = 0; other < b; other++) {
      before += printable(other) ? 0 : 1;
    }
    return Character.toString(256 + before);
  }

  private static boolean printable(int b) {
    return (b >= '!' && b <= '~') || (b >= 0xA1 && b <= 0xAC) || (b >= 0xAE && b <= 0xFF);
  }
}
