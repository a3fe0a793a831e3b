package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.GgufMetadata;
import dev.switchboard.model.checkpoint.GgufMetadataBuilder;
import dev.switchboard.model.checkpoint.GgufWriter;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.quantise.FileType;
import dev.switchboard.model.quantise.Quantise;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.UnaryOperator;
import java.util.stream.Collectors;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** One wrong thing in a model, in either form: refused, with the name of the file and the thing. */
class HostileModelTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/hf");
  private static final ObjectMapper JSON = new ObjectMapper();
  private static final int CUTS = 20;

  @TempDir Path temporary;

  private Path model;
  private Path gguf;

  @BeforeEach
  void copy() throws IOException {
    model = Files.createDirectory(temporary.resolve("model"));
    for (String file :
        List.of("config.json", "model.safetensors", "tokenizer.json", "tokenizer_config.json")) {
      Files.copy(GOLDEN.resolve("mixtral").resolve(file), model.resolve(file));
    }
    gguf = temporary.resolve("model.gguf");
    Quantise.file(model, gguf, FileType.Q8_0, (_, _, _) -> {});
    load(model);
    load(gguf);
  }

  private static void load(Path path) {
    try (Model opened = Model.open(path)) {
      assertThat(opened.trunk().vocabulary()).isEqualTo(384);
      assertThat(opened.localExperts()).isNotNull();
      assertThat(opened.tokenizer().encode("a")).isNotEmpty();
    }
  }

  private static void assertRefused(Path path, String... expected) {
    assertThatThrownBy(() -> load(path))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(path.toString())
        .hasMessageContainingAll(expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "num_experts_per_tok | 9 | num_experts_per_tok",
        "num_attention_heads | 3 | num_attention_heads",
        "num_key_value_heads | 3 | num_key_value_heads",
        "vocab_size | 400 | tensor model.embed_tokens.weight",
        "num_local_experts | 7 | tensor model.layers.0.block_sparse_moe.gate.weight",
        "num_hidden_layers | 3 | tensor model.layers.2.",
        "num_hidden_layers | 1 | tensor model.layers.1.",
        "num_hidden_layers | 2000000000 | num_hidden_layers",
        "rms_norm_eps | \"x\" | rms_norm_eps",
        "rope_theta | -1 | rope_theta",
        "model_type | \"mixtrall\" | mixtrall",
        "hidden_size | null | hidden_size"
      })
  void aWrongKeyOfTheConfiguration(String key, String value, String expected) throws IOException {
    Path file = model.resolve("config.json");
    ObjectNode config = (ObjectNode) JSON.readTree(file.toFile());
    JsonNode wrong = JSON.readTree(value);
    config.set(key, wrong);
    JSON.writeValue(file.toFile(), config);

    assertRefused(model, expected);
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama.expert_used_count | 9 | num_experts_per_tok",
        "llama.attention.head_count | 3 | num_attention_heads",
        "llama.attention.head_count_kv | 3 | num_key_value_heads",
        "llama.expert_count | 7 | tensor blk.0.ffn_",
        "llama.block_count | 3 | tensor model.layers.2.",
        "llama.block_count | 1 | tensor blk.1.",
        "llama.block_count | 2000000000 | block_count",
        "llama.embedding_length | 64 | token_embd"
      })
  void aWrongKeyOfTheMetadata(String key, long value, String expected) {
    rewriteGguf(keys -> keys.u32(key, value), tensors -> tensors);

    assertRefused(gguf, expected);
  }

  @Test
  void aTensorThatIsMissingOrTooMuch() {
    String lost = "model.layers.1.self_attn.o_proj.weight";
    rewrite(tensors -> {
      tensors.remove(lost);
      return tensors;
    });
    assertRefused(model, "tensor " + lost + " is missing", "[32, 32]");

    rewriteGguf(
        keys -> keys,
        tensors -> {
          tensors.remove("blk.1.attn_output.weight");
          return tensors;
        });
    assertRefused(gguf, "tensor " + lost + " is missing");
  }

  @Test
  void aTensorThatNobodyWants() {
    Tensor extra = SafetensorsWriter.of("surplus.weight", DType.F32, new long[] {2}, new float[2]);
    rewrite(tensors -> with(tensors, extra));
    assertRefused(model, "tensor surplus.weight");

    rewriteGguf(keys -> keys, tensors -> with(tensors, extra));
    assertRefused(gguf, "surplus.weight");
  }

  @Test
  void aTensorOfAnotherTypeOrShape() {
    String name = "model.layers.0.self_attn.q_proj.weight";
    rewrite(tensors -> with(tensors, retyped(tensors.get(name), DType.I32)));
    assertRefused(model, "tensor " + name, "I32");

    String other = "blk.0.attn_q.weight";
    rewriteGguf(
        keys -> keys,
        tensors ->
            with(
                tensors,
                SafetensorsWriter.of(other, DType.F32, new long[] {31, 32}, new float[992])));
    assertRefused(gguf, other, "[31, 32]", "[32, 32]");
  }

  @Test
  void weightsThatAreNotFinite() {
    for (String name :
        List.of("model.norm.weight", "model.layers.1.block_sparse_moe.experts.3.w2.weight")) {
      rewrite(tensors -> with(tensors, poisoned(tensors.get(name))));
      assertRefused(model, "tensor " + name, "NaN or infinity");
      rewrite(tensors -> with(tensors, healed(tensors.get(name))));
    }
    rewriteGguf(
        keys -> keys,
        tensors -> with(tensors, poisonedScale(tensors.get("blk.1.ffn_up_exps.weight"))));
    assertRefused(gguf, "blk.1.ffn_up_exps.weight", "NaN or infinity");
  }

  @Test
  void aTokenizerOfAnotherVocabulary() throws IOException {
    Path file = model.resolve("tokenizer.json");
    ObjectNode tokenizer = (ObjectNode) JSON.readTree(file.toFile());
    ((ObjectNode) tokenizer.at("/model/vocab")).put("surplus", 384);
    JSON.writeValue(file.toFile(), tokenizer);
    assertRefused(model, "384", "383", "another model's");

    List<String> tokens;
    try (Checkpoint checkpoint = Checkpoint.open(gguf)) {
      tokens = checkpoint.gguf().orElseThrow().texts("tokenizer.ggml.tokens");
    }
    rewriteGguf(
        keys -> keys.texts("tokenizer.ggml.tokens", tokens.subList(0, 300)), tensors -> tensors);
    assertRefused(gguf, "tensor token_embd.weight", "[384, 32]", "[300, 32]");
  }

  @Test
  void aFileCutAtManyPlaces() throws IOException {
    for (Path file : List.of(model.resolve("model.safetensors"), gguf)) {
      byte[] whole = Files.readAllBytes(file);
      for (int cut = 0; cut < CUTS; cut++) {
        Files.write(file, Arrays.copyOf(whole, (int) ((long) whole.length * cut / CUTS)));
        assertRefused(file.equals(gguf) ? gguf : model, "");
      }
      Files.write(file, whole);
    }
  }

  @Test
  void anIndexOfFilesThatAreNotThere() throws IOException {
    Files.move(model.resolve("model.safetensors"), model.resolve("model-1.safetensors"));
    Files.writeString(
        model.resolve("model.safetensors.index.json"),
        "{\"weight_map\":{\"lm_head.weight\":\"model-2.safetensors\"}}");

    assertRefused(model, "model-2.safetensors", "lm_head.weight");
  }

  private void rewrite(UnaryOperator<Map<String, Tensor>> change) {
    Path file = model.resolve("model.safetensors");
    SafetensorsWriter.write(file, change.apply(inMemory(file)), Map.of());
  }

  private void rewriteGguf(
      UnaryOperator<GgufMetadataBuilder> keys, UnaryOperator<Map<String, Tensor>> change) {
    Map<String, Tensor> tensors = change.apply(inMemory(gguf));
    GgufMetadata metadata;
    try (Checkpoint checkpoint = Checkpoint.open(gguf)) {
      metadata =
          keys.apply(new GgufMetadataBuilder().all(checkpoint.gguf().orElseThrow())).build(gguf);
    }
    GgufWriter.write(gguf, metadata, tensors.values().stream().map(GgufWriter.Item::of).toList());
  }

  private static Map<String, Tensor> inMemory(Path file) {
    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      return checkpoint.names().stream()
          .map(name -> checkpoint.find(name).orElseThrow().inMemory())
          .collect(
              Collectors.toMap(
                  Tensor::name, tensor -> tensor, (first, _) -> first, LinkedHashMap::new));
    }
  }

  private static Map<String, Tensor> with(Map<String, Tensor> tensors, Tensor tensor) {
    tensors.put(tensor.name(), tensor);
    return tensors;
  }

  private static Tensor retyped(Tensor tensor, DType dtype) {
    return new Tensor(tensor.name(), dtype, tensor.shape(), tensor.data());
  }

  private static Tensor poisoned(Tensor tensor) {
    return last(tensor, Float.NaN);
  }

  private static Tensor healed(Tensor tensor) {
    return last(tensor, 0.5f);
  }

  private static Tensor last(Tensor tensor, float value) {
    float[] values = tensor.toFloats();
    values[values.length - 1] = value;
    long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
    return SafetensorsWriter.of(tensor.name(), DType.F32, shape, values);
  }

  /** The last of a block type's scales becomes an infinity. */
  private static Tensor poisonedScale(Tensor tensor) {
    byte[] bytes = tensor.data().toArray(ValueLayout.JAVA_BYTE);
    int scale = bytes.length - tensor.dtype().blockBytes();
    bytes[scale] = 0;
    bytes[scale + 1] = 0x7c;
    return new Tensor(tensor.name(), tensor.dtype(), tensor.shape(), MemorySegment.ofArray(bytes));
  }
}
