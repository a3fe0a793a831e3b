package dev.switchboard.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class CheckpointTest {
  @TempDir Path folder;

  @Test
  void readsShardsThroughTheIndex() throws IOException {
    write("model-1.safetensors", f32("a", 1f, 2f), f32("both", 1f));
    write("model-2.safetensors", f32("b", 3f), f32("both", 2f));
    index(
        "\"a\":\"model-1.safetensors\",\"b\":\"model-2.safetensors\",\"both\":\"model-2.safetensors\"");

    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.names()).containsExactlyInAnyOrder("a", "b", "both");
      assertThat(checkpoint.tensor("a", 2).toFloats()).containsExactly(1f, 2f);
      assertThat(checkpoint.tensor("both", 1).toFloats()).containsExactly(2f);
      assertThat(checkpoint.fileOf("b")).isEqualTo(folder.resolve("model-2.safetensors"));
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"a\":\"absent.safetensors\"|names absent.safetensors for tensor a",
        "\"a\":\"../m.safetensors\"|expected the plain name",
        "\"a\":\"model-1.bin\"|expected the plain name",
        "\"a\":7|expected the plain name",
        "\"missing\":\"model-1.safetensors\"|places tensor missing in model-1.safetensors, which does not hold it",
        "|expected a \"weight_map\""
      })
  void refusesAnIndexThatLies(String entries, String expected) throws IOException {
    write("model-1.safetensors", f32("a", 1f));
    index(entries == null ? "" : entries);

    assertThatThrownBy(() -> Checkpoint.open(folder).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("model.safetensors.index.json", expected);
  }

  @Test
  void namesWhatIsAbsent() {
    assertThatThrownBy(() -> Checkpoint.open(folder.resolve("gone")).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("gone", "no such model directory");
    assertThatThrownBy(() -> Checkpoint.open(folder).close())
        .hasMessageContainingAll(folder.toString(), "model.safetensors", "index.json");
    write("model.safetensors", f32("a", 1f));
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThatThrownBy(checkpoint::config).hasMessageContainingAll("config.json", "no such file");
      assertThatThrownBy(() -> checkpoint.tensor("b", 2))
          .hasMessageContainingAll("model.safetensors", "tensor b is missing", "[2]");
      assertThatThrownBy(() -> checkpoint.tensor("a", 2, 3))
          .hasMessageContainingAll("model.safetensors", "tensor a", "F32[1]", "[2, 3]");
    }
  }

  @Test
  void namesTheFamilyOfAFolderWithoutWeights() throws IOException {
    Files.writeString(folder.resolve("config.json"), "{\"model_type\": \"odd_family\"}");

    assertThatThrownBy(() -> Checkpoint.open(folder).close())
        .hasMessageContainingAll(folder.toString(), "odd_family", "model.safetensors");
  }

  @Test
  void refusesWeightsThatAreNotFinite() {
    float[] values = new float[37];
    for (DType dtype : new DType[] {DType.F32, DType.BF16}) {
      for (int bad : new int[] {0, 7, 31, 36}) {
        for (float value : new float[] {Float.NaN, Float.NEGATIVE_INFINITY, -Float.NaN}) {
          float[] poisoned = values.clone();
          poisoned[bad] = value;
          write("model.safetensors", SafetensorsWriter.of("w", dtype, new long[] {37}, poisoned));
          try (Checkpoint checkpoint = Checkpoint.open(folder)) {
            assertThatThrownBy(() -> checkpoint.tensor("w", 37))
                .hasMessageContainingAll("tensor w", "NaN or infinity", "element " + bad);
          }
        }
      }
    }
    Arrays.fill(values, -Float.MAX_VALUE);
    write("model.safetensors", SafetensorsWriter.of("w", DType.F32, new long[] {37}, values));
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThat(checkpoint.tensor("w", 37).toFloats()).isEqualTo(values);
    }
  }

  @Test
  void looksAtTheSliceThatIsAskedFor() {
    for (DType dtype : DType.values()) {
      if (!Widen.TYPES.contains(dtype)) {
        continue;
      }
      int block = Math.max(32, dtype.blockElements());
      byte[] bytes = new byte[(int) dtype.bytes(4L * block)];
      // All ones is NaN in each of these types, and in the scales of each block type.
      Arrays.fill(bytes, (int) dtype.bytes(2L * block), (int) dtype.bytes(3L * block), (byte) -1);
      Tensor tensor = new Tensor("w", dtype, List.of(4L * block), MemorySegment.ofArray(bytes));
      try (Checkpoint checkpoint = Checkpoint.ofTensors(folder, Map.of("w", tensor))) {
        checkpoint.requireFinite("w", 0, 2L * block);
        checkpoint.requireFinite("w", 3L * block, block);
        assertThatThrownBy(() -> checkpoint.requireFinite("w", block, 2L * block))
            .as(dtype.name())
            .isInstanceOf(CheckpointException.class)
            .hasMessageContainingAll("tensor w", "NaN or infinity", "element " + 2 * block);
      }
    }
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "[1]|expected a JSON object",
        "{\"a\":1,\"a\":2}|Duplicate field 'a'",
        "{|not valid JSON",
        "{} x|not valid JSON"
      })
  void refusesAConfigThatIsNoObject(String json, String expected) throws IOException {
    write("model.safetensors", f32("a", 1f));
    Files.writeString(folder.resolve("config.json"), json);

    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      assertThatThrownBy(checkpoint::config)
          .isInstanceOf(CheckpointException.class)
          .hasMessageContainingAll("config.json", expected);
    }
  }

  private void index(String entries) throws IOException {
    Files.writeString(
        folder.resolve("model.safetensors.index.json"), "{\"weight_map\":{" + entries + "}}");
  }

  private void write(String file, Tensor... tensors) {
    Map<String, Tensor> table = new LinkedHashMap<>();
    for (Tensor tensor : tensors) {
      table.put(tensor.name(), tensor);
    }
    SafetensorsWriter.write(folder.resolve(file), table, Map.of());
  }

  private static Tensor f32(String name, float... values) {
    return SafetensorsWriter.of(name, DType.F32, new long[] {values.length}, values);
  }
}
