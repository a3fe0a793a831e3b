package dev.switchboard.training.files;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.training.data.Texts;
import dev.switchboard.training.twin.Backbone;
import dev.switchboard.training.twin.HuggingFaceLayout;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.NoSuchFileException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import java.util.function.Function;

/** The JSON files of a model directory. */
public final class ModelDirectory {
  private static final ObjectMapper JSON = new ObjectMapper();

  private ModelDirectory() {}

  public static ObjectNode config(TwinConfig c) {
    ObjectNode json = JSON.createObjectNode();
    json.put("model_type", "switchboard");
    json.putArray("architectures").add("SwitchboardForCausalLM");
    json.put("dtype", "bfloat16");
    json.put("vocab_size", c.vocab());
    json.put("hidden_size", c.width());
    json.put("num_hidden_layers", c.layers());
    json.put("rms_norm_eps", 1e-5);
    json.put("tie_word_embeddings", true);
    json.put("mamba_num_heads", c.heads());
    json.put("mamba_head_dim", c.headDim());
    json.put("mamba_state_size", c.state());
    json.put("mamba_n_groups", 1);
    json.put("mamba_conv_kernel", c.kernel());
    json.put("shared_intermediate_size", c.sharedWidth());
    json.put("num_experts", c.expertCount());
    json.put("num_experts_per_tok", 1);
    c.experts().forEach(json.putArray("expert_names")::add);
    switch (c.backbone()) {
      case Backbone.Ffn ffn ->
          json.put("expert_backbone", "ffn").put("expert_intermediate_size", ffn.width());
      case Backbone.Mamba mamba ->
          json.put("expert_backbone", "mamba")
              .put("expert_mamba_num_heads", mamba.heads())
              .put("expert_mamba_head_dim", mamba.headDim())
              .put("expert_mamba_state_size", mamba.state());
    }
    json.put("gate_memory", true);
    json.put("bos_token_id", 0);
    json.put("eos_token_id", 0);
    return json;
  }

  public static ObjectNode generation() {
    ObjectNode json = JSON.createObjectNode();
    json.put("bos_token_id", 0);
    json.put("eos_token_id", 0);
    json.put("do_sample", false);
    return json;
  }

  /**
   * Writes a model directory, file by file, each at once.
   *
   * @param weights the twin's tensors by name
   */
  public static void write(
      Path out, TwinConfig config, Function<String, Values> weights, JsonNode tokenizer) {
    JsonFiles.write(out.resolve("config.json"), config(config));
    JsonFiles.write(out.resolve("generation_config.json"), generation());
    JsonFiles.write(out.resolve("tokenizer.json"), tokenizer);
    SafetensorsWriter.write(
        out.resolve("model.safetensors"),
        HuggingFaceLayout.export(config, weights),
        Map.of("format", "pt"));
  }

  /** The tokenizer of a model directory. */
  public static JsonNode tokenizer(Path directory) throws IOException {
    return json(directory.resolve("tokenizer.json"));
  }

  /** A JSON file, gzipped or not. */
  public static JsonNode json(Path file) throws IOException {
    return JSON.readTree(Texts.readBytes(file));
  }

  /** Reads {@code config.json}; refuses what the twin cannot train. */
  public static TwinConfig readConfig(Path directory) throws IOException {
    Path file = directory.resolve("config.json");
    if (!Files.isRegularFile(file)) {
      throw new NoSuchFileException(file.toString(), null, "no such model file");
    }
    JsonNode json = JSON.readTree(Files.readAllBytes(file));
    require(file, json, "model_type", "switchboard");
    require(file, json, "mamba_n_groups", "1");
    require(file, json, "num_experts_per_tok", "1");
    require(file, json, "gate_memory", "true");
    require(file, json, "tie_word_embeddings", "true");
    List<String> experts = new ArrayList<>();
    json.path("expert_names").forEach(name -> experts.add(name.asText()));
    return new TwinConfig(
        json.path("vocab_size").asInt(),
        json.path("hidden_size").asInt(),
        json.path("num_hidden_layers").asInt(),
        json.path("mamba_num_heads").asInt(),
        json.path("mamba_head_dim").asInt(),
        json.path("mamba_state_size").asInt(),
        json.path("mamba_conv_kernel").asInt(),
        json.path("shared_intermediate_size").asInt(),
        backbone(file, json),
        experts);
  }

  private static Backbone backbone(Path file, JsonNode json) throws IOException {
    String kind = json.path("expert_backbone").asText();
    return switch (kind) {
      case "ffn" -> new Backbone.Ffn(json.path("expert_intermediate_size").asInt());
      case "mamba" ->
          new Backbone.Mamba(
              json.path("expert_mamba_num_heads").asInt(),
              json.path("expert_mamba_head_dim").asInt(),
              json.path("expert_mamba_state_size").asInt());
      default ->
          throw new IOException(
              file + ": expert_backbone is " + kind + "; training knows ffn and mamba");
    };
  }

  private static void require(Path file, JsonNode json, String key, String value)
      throws IOException {
    if (!json.path(key).asText().equals(value)) {
      throw new IOException(
          file + ": " + key + " is " + json.path(key) + "; training knows " + value + " only");
    }
  }
}
