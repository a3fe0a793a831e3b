package dev.switchboard.training.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.training.twin.Weights.Values;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

class HuggingFaceLayoutTest {
  private final SequencedMap<String, Values> weights = TinyTwin.weights(3);
  private final SequencedMap<String, Tensor> file =
      HuggingFaceLayout.export(
          TinyTwin.CONFIG, name -> Objects.requireNonNull(weights.get(name), name));

  @Test
  void namesAndShapesAreThoseOfTheFamily() {
    assertShape("model.embed_tokens.weight", DType.BF16, 60, 16);
    assertShape("model.layers.1.mixer.in_proj.weight", DType.BF16, 2 * 16 + 2 * 8 + 2, 16);
    assertShape("model.layers.0.mixer.conv1d.weight", DType.F32, 16 + 2 * 8, 1, 4);
    assertShape("model.layers.0.mixer.A_log", DType.F32, 2);
    assertShape("model.layers.0.moe.gate.weight", DType.F32, 3, 16);
    assertShape("model.layers.0.moe.gate.decay", DType.F32, 1);
    assertShape("model.layers.0.moe.shared.up_proj.weight", DType.BF16, 24, 16);
    assertShape("model.layers.1.moe.experts.2.gate_proj.weight", DType.BF16, 12, 16);
    assertShape("model.layers.1.moe.experts.2.down_proj.weight", DType.BF16, 16, 12);
    assertShape("model.final_norm.weight", DType.F32, 16);
    assertThat(file).doesNotContainKey("lm_head.weight").hasSize(2 + 2 * (10 + 2 + 3 + 3 * 3));
  }

  @Test
  void readingGivesBackWhatWasWritten() {
    SequencedMap<String, Values> read =
        HuggingFaceLayout.load(TinyTwin.CONFIG, Checkpoint.ofTensors(Path.of("test"), file));
    assertThat(read.keySet()).containsExactlyInAnyOrderElementsOf(weights.keySet());
    read.forEach((name, values) -> {
      float[] before = Objects.requireNonNull(weights.get(name)).numbers();
      for (int i = 0; i < before.length; i++) {
        float rounding = Math.abs(before[i]) / 256 + 1e-9f;
        assertThat(values.numbers()[i]).as(name).isCloseTo(before[i], within(rounding));
      }
    });
  }

  @Test
  void aMissingTensorIsNamed() {
    file.remove("model.layers.1.moe_norm.weight");
    Checkpoint checkpoint = Checkpoint.ofTensors(Path.of("test"), file);
    assertThatThrownBy(() -> HuggingFaceLayout.load(TinyTwin.CONFIG, checkpoint))
        .hasMessageContaining("model.layers.1.moe_norm.weight");
  }

  private void assertShape(String name, DType dtype, long... shape) {
    Tensor tensor = file.get(name);
    assertThat(tensor).as(name).isNotNull();
    assertThat(Objects.requireNonNull(tensor).dtype()).as(name).isEqualTo(dtype);
    List<Long> found = tensor.shape();
    assertThat(found.stream().mapToLong(Long::longValue).toArray()).as(name).isEqualTo(shape);
  }
}
