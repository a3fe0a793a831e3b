package dev.switchboard.model.testing;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.stream.IntStream;

/**
 * Writes random {@code switchboard} models: whole directories, a few hundred kilobytes, the same
 * bytes for the same options. Sizes are off the lane width on purpose.
 *
 * <p>{@code TinyModels.seeded(7).experts(8).mambaExperts().write(folder)}
 *
 * @param expertMamba whether the experts' backbone is Mamba; FFN otherwise
 */
public record TinyModels(
    long seed,
    int dModel,
    int layers,
    int experts,
    int topK,
    boolean expertMamba,
    DType dtype,
    boolean gateMemory,
    boolean tied) {
  private static final List<String> DOMAINS =
      List.of("chinese", "english", "java", "javascript", "japanese", "json", "latex", "python");

  static final int HEADS = 2;
  static final int HEAD_DIM = 16;
  static final int STATE = 12;
  static final int CONV_KERNEL = 4;
  static final int SHARED = 24;
  static final int EXPERT_FFN = 20;
  static final int EXPERT_HEADS = 2;
  static final int EXPERT_HEAD_DIM = 8;
  static final int EXPERT_STATE = 8;

  /**
   * d 24, 2 layers, 4 FFN experts of which 1 is awake, F32, a gate that remembers, an untied head.
   */
  public static TinyModels seeded(long seed) {
    return new TinyModels(seed, 24, 2, 4, 1, false, DType.F32, true, false);
  }

  public TinyModels dModel(int value) {
    return new TinyModels(seed, value, layers, experts, topK, expertMamba, dtype, gateMemory, tied);
  }

  public TinyModels layers(int value) {
    return new TinyModels(seed, dModel, value, experts, topK, expertMamba, dtype, gateMemory, tied);
  }

  public TinyModels experts(int value) {
    return new TinyModels(seed, dModel, layers, value, topK, expertMamba, dtype, gateMemory, tied);
  }

  public TinyModels topK(int value) {
    return new TinyModels(
        seed, dModel, layers, experts, value, expertMamba, dtype, gateMemory, tied);
  }

  public TinyModels mambaExperts() {
    return new TinyModels(seed, dModel, layers, experts, topK, true, dtype, gateMemory, tied);
  }

  public TinyModels bf16() {
    return new TinyModels(
        seed, dModel, layers, experts, topK, expertMamba, DType.BF16, gateMemory, tied);
  }

  public TinyModels gateMemory(boolean value) {
    return new TinyModels(seed, dModel, layers, experts, topK, expertMamba, dtype, value, tied);
  }

  public TinyModels tied(boolean value) {
    return new TinyModels(
        seed, dModel, layers, experts, topK, expertMamba, dtype, gateMemory, value);
  }

  /** Names of the experts: the eight domains, then numbers. */
  public static String expertName(int expert) {
    return expert < DOMAINS.size() ? DOMAINS.get(expert) : "expert-" + expert;
  }

  /** Number of token ids. */
  public int vocabulary() {
    return TinyTokenizer.SIZE;
  }

  /** Writes the directory's files; returns the directory. */
  public Path write(Path directory) {
    SafetensorsWriter.write(
        directory.resolve("model.safetensors"),
        new TinyWeights(this).all(),
        Map.of("format", "pt"));
    JsonFiles.write(directory.resolve("config.json"), config());
    JsonFiles.write(directory.resolve("tokenizer.json"), TinyTokenizer.json());
    ObjectNode generation = JsonNodeFactory.instance.objectNode();
    generation.put("bos_token_id", 0).putArray("eos_token_id").add(0);
    JsonFiles.write(directory.resolve("generation_config.json"), generation);
    return directory;
  }

  /** The {@code config.json} that {@link #write} writes. */
  public ObjectNode config() {
    ObjectNode config = JsonNodeFactory.instance.objectNode();
    config.put("model_type", "switchboard");
    config.putArray("architectures").add("SwitchboardForCausalLM");
    config.put("dtype", dtype == DType.BF16 ? "bfloat16" : "float32");
    config.put("vocab_size", vocabulary());
    config.put("hidden_size", dModel);
    config.put("num_hidden_layers", layers);
    config.put("rms_norm_eps", 1e-5);
    config.put("tie_word_embeddings", tied);
    config.put("mamba_num_heads", HEADS);
    config.put("mamba_head_dim", HEAD_DIM);
    config.put("mamba_state_size", STATE);
    config.put("mamba_n_groups", 1);
    config.put("mamba_conv_kernel", CONV_KERNEL);
    config.put("shared_intermediate_size", SHARED);
    config.put("num_experts", experts);
    config.put("num_experts_per_tok", topK);
    IntStream.range(0, experts).forEach(e -> config.withArray("expert_names").add(expertName(e)));
    config.put("expert_backbone", expertMamba ? "mamba" : "ffn");
    if (expertMamba) {
      config.put("expert_mamba_num_heads", EXPERT_HEADS);
      config.put("expert_mamba_head_dim", EXPERT_HEAD_DIM);
      config.put("expert_mamba_state_size", EXPERT_STATE);
    } else {
      config.put("expert_intermediate_size", EXPERT_FFN);
    }
    config.put("gate_memory", gateMemory);
    config.put("bos_token_id", 0);
    config.put("eos_token_id", 0);
    return config;
  }
}
