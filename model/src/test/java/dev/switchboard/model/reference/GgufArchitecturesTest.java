package dev.switchboard.model.reference;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.JsonFiles;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** The golden folders as llama.cpp's converter would write them give the same answers. */
class GgufArchitecturesTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  @TempDir Path temporary;

  @ParameterizedTest
  @ValueSource(
      strings = {
        "llama_llama3",
        "qwen2",
        "qwen3",
        "qwen3_moe",
        "granitemoe",
        "deepseek_v3",
        "mamba2",
        "jamba",
        "granitemoehybrid",
        "granitemoehybrid_dense",
        "nemotron_h"
      })
  void aFileGivesTheAnswersOfItsFolder(String family) {
    ReferenceReport report =
        FolderCheck.of(
            GOLDEN.resolve("gguf-hf").resolve(family + ".gguf"),
            GOLDEN.resolve("hf").resolve(family));

    assertThat(report.ok()).as("%s", report).isTrue();
  }

  /** llama.cpp rounds the ends of YaRN's ramp to whole pairs, whatever the model says. */
  @Test
  void gptOssTurnsAsLlamaCppDoes() throws IOException {
    ObjectNode config = config("gpt_oss");
    ((ObjectNode) config.get("rope_scaling")).put("truncate", true);

    assertThat(Twins.largestDifference(file("gpt_oss"), folder("gpt_oss", config)))
        .isLessThan(1e-4);
  }

  /** llama.cpp knows the layers' kinds and the scale of the scores from the sizes alone. */
  @Test
  void gemmaHasTheUsualPatternOfLayers() throws IOException {
    ObjectNode config = config("gemma3");
    config.remove("layer_types");
    config.put("query_pre_attn_scalar", config.get("head_dim").intValue());

    assertThat(Twins.largestDifference(file("gemma3"), folder("gemma3", config))).isLessThan(1e-4);
  }

  private static ObjectNode config(String family) {
    return JsonFiles.readObject(GOLDEN.resolve("hf").resolve(family).resolve("config.json"))
        .deepCopy();
  }

  private static Path file(String family) {
    return GOLDEN.resolve("gguf-hf").resolve(family + ".gguf");
  }

  private Path folder(String family, ObjectNode config) throws IOException {
    JsonFiles.write(temporary.resolve("config.json"), config);
    Files.copy(
        GOLDEN.resolve("hf").resolve(family).resolve("model.safetensors"),
        temporary.resolve("model.safetensors"));
    return temporary;
  }
}
