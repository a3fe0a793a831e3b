package dev.switchboard.model.quantise;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.GgufMetadata;
import dev.switchboard.model.checkpoint.Tensor;
import java.io.IOException;
import java.lang.foreign.ValueLayout;
import java.net.URISyntaxException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Folders in the Hugging Face form, written as GGUF. */
class ConvertTest {
  @TempDir Path folder;

  @Test
  void pairsOfRopeBecomeNeighbours() throws URISyntaxException {
    try (Checkpoint before = Checkpoint.open(golden("llama"));
        Checkpoint after = Checkpoint.open(written("llama"))) {
      float[] old = before.tensor("model.layers.1.self_attn.k_proj.weight", 16, 32).toFloats();
      float[] now = after.tensor("blk.1.attn_k.weight", 16, 32).toFloats();
      for (int head = 0; head < 2; head++) {
        for (int pair = 0; pair < 4; pair++) {
          for (int half = 0; half < 2; half++) {
            int from = head * 8 + half * 4 + pair;
            int to = head * 8 + 2 * pair + half;
            for (int c = 0; c < 32; c++) {
              assertThat(now[to * 32 + c]).isEqualTo(old[from * 32 + c]);
            }
          }
        }
      }
      assertSame(after, "blk.1.attn_v.weight", before, "model.layers.1.self_attn.v_proj.weight");
      assertSame(after, "token_embd.weight", before, "model.embed_tokens.weight");
      assertSame(after, "output.weight", before, "lm_head.weight");
    }
  }

  @Test
  void saysSizesAndRules() throws URISyntaxException {
    try (Checkpoint checkpoint = Checkpoint.open(written("mixtral"))) {
      GgufMetadata keys = checkpoint.gguf().orElseThrow();
      assertThat(keys.text("general.architecture")).isEqualTo("llama");
      assertThat(keys.integer("llama.block_count")).isEqualTo(2);
      assertThat(keys.integer("llama.context_length")).isEqualTo(512);
      assertThat(keys.integer("llama.attention.head_count")).isEqualTo(4);
      assertThat(keys.integer("llama.attention.head_count_kv")).isEqualTo(2);
      assertThat(keys.integer("llama.expert_count")).isEqualTo(8);
      assertThat(keys.integer("llama.expert_used_count")).isEqualTo(2);
      assertThat(keys.number("llama.rope.freq_base")).isEqualTo(1e6);
      assertThat(keys.number("llama.attention.layer_norm_rms_epsilon")).isEqualTo(1e-5f);
      assertThat(checkpoint.find("blk.0.ffn_down_exps.weight").orElseThrow().shape())
          .containsExactly(8L, 32L, 40L);
    }
    try (Checkpoint checkpoint = Checkpoint.open(written("granitemoe"))) {
      GgufMetadata keys = checkpoint.gguf().orElseThrow();
      assertThat(keys.number("granitemoe.attention.scale")).isEqualTo(0.2f);
      assertThat(keys.number("granitemoe.logit_scale")).isEqualTo(2);
      assertThat(keys.number("granitemoe.residual_scale")).isEqualTo(0.8f);
      assertThat(keys.text("tokenizer.ggml.model")).isEqualTo("no_vocab");
    }
    try (Checkpoint checkpoint = Checkpoint.open(written("mistral"))) {
      // A window of 12: such files have none, so texts stay within it.
      assertThat(checkpoint.gguf().orElseThrow().integer("llama.context_length")).isEqualTo(12);
    }
  }

  @Test
  void saysTheTokenizer() throws URISyntaxException {
    try (Checkpoint checkpoint = Checkpoint.open(written("mixtral"))) {
      GgufMetadata keys = checkpoint.gguf().orElseThrow();
      assertThat(keys.text("tokenizer.ggml.model")).isEqualTo("gpt2");
      assertThat(keys.text("tokenizer.ggml.pre")).isEqualTo("gpt-2");
      assertThat(keys.texts("tokenizer.ggml.tokens")).hasSize(384).startsWith("<unk>", "<s>");
      assertThat(keys.size("tokenizer.ggml.merges")).isEqualTo(123);
      assertThat(keys.integers("tokenizer.ggml.token_type")).startsWith(3, 3, 3, 3, 3, 1);
      assertThat(keys.flag("tokenizer.ggml.add_bos_token")).isTrue();
      assertThat(keys.integer("tokenizer.ggml.bos_token_id")).isEqualTo(1);
      assertThat(keys.text("tokenizer.chat_template")).startsWith("{{ bos_token }}");
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "olmoe", "granitemoe", "qwen3_moe"})
  void bothLayoutsOfExpertsGiveTheSameTensors(String family) throws URISyntaxException {
    try (Checkpoint each = Checkpoint.open(written(family));
        Checkpoint fused = Checkpoint.open(written(family + "/fused"))) {
      assertThat(fused.names()).isEqualTo(each.names());
      each.names().forEach(name -> assertSame(fused, name, each, name));
    }
  }

  @Test
  void writesTheRatesOfDecayThemselves() throws URISyntaxException {
    try (Checkpoint before = Checkpoint.open(golden("mamba"));
        Checkpoint after = Checkpoint.open(written("mamba"))) {
      float[] logarithms = before.tensor("backbone.layers.2.mixer.A_log", 64, 16).toFloats();
      float[] rates = after.tensor("blk.2.ssm_a", 64, 16).toFloats();
      for (int i = 0; i < rates.length; i++) {
        assertThat(rates[i]).isEqualTo((float) -StrictMath.exp(logarithms[i]));
      }
      assertThat(after.tensor("blk.2.ssm_conv1d.weight", 64, 4).toFloats())
          .isEqualTo(before.tensor("backbone.layers.2.mixer.conv1d.weight", 64, 1, 4).toFloats());
    }
  }

  @Test
  void writesLlama3sFactors() throws URISyntaxException {
    try (Checkpoint checkpoint = Checkpoint.open(written("llama_llama3"))) {
      float[] factors = checkpoint.find("rope_freqs.weight").orElseThrow().toFloats();
      assertThat(factors[0]).isEqualTo(1f);
      for (int i = 1; i < factors.length; i++) {
        assertThat(factors[i]).isGreaterThanOrEqualTo(factors[i - 1]);
      }
      assertThat(factors[factors.length - 1]).isGreaterThan(1f);
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "llama_dynamic | cannot say: dynamic rope in layer 0",
        "llama_longrope | cannot say: longrope in layer 0",
        "qwen2_moe | a dense layer among those with experts in layer 1",
        "gemma3 | another scale in layer 0",
        "deepseek_v3 | models of type \"deepseek_v3\" are not written",
        "jamba | models of type \"jamba\" are not written"
      })
  void refusesWhatSuchFilesCannotSay(String family, String expected) {
    assertThatThrownBy(() -> written(family))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(family, expected);
    assertThat(folder).isEmptyDirectory();
  }

  @Test
  void refusesATokenizerItCannotSay() throws IOException, URISyntaxException {
    Path model = folder.resolve("model");
    Files.createDirectory(model);
    for (String name : new String[] {"config.json", "model.safetensors", "tokenizer.json"}) {
      Files.copy(golden("mixtral").resolve(name), model.resolve(name));
    }
    Path tokenizer = model.resolve("tokenizer.json");
    String text = Files.readString(tokenizer);
    assertThat(text).contains("\"use_regex\"");
    Files.writeString(tokenizer, text.replaceAll("\"use_regex\": ?true", "\"use_regex\":false"));

    assertThatThrownBy(() -> write(model))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("tokenizer.json", "pre_tokenizer", "llama-bpe");
  }

  private static void assertSame(
      Checkpoint file, String name, Checkpoint otherFile, String otherName) {
    Tensor tensor = file.find(name).orElseThrow();
    Tensor other = otherFile.find(otherName).orElseThrow();
    assertThat(tensor.shape()).as(name).isEqualTo(other.shape());
    assertThat(tensor.data().toArray(ValueLayout.JAVA_BYTE))
        .as(name)
        .isEqualTo(other.data().toArray(ValueLayout.JAVA_BYTE));
  }

  private Path written(String family) throws URISyntaxException {
    return write(golden(family));
  }

  private Path write(Path model) {
    Path out =
        folder.resolve(model.getParent().getFileName() + "-" + model.getFileName() + ".gguf");
    return Quantise.file(model, out, FileType.F32, (_, _, _) -> {}).out();
  }

  private static Path golden(String family) throws URISyntaxException {
    return Path.of(ConvertTest.class.getResource("/golden/hf/" + family).toURI());
  }
}
