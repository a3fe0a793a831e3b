package dev.switchboard.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class ElsewhereTest {
  private final List<String> reads = new ArrayList<>();
  private final byte[] stored = new byte[24];
  private final Checkpoint checkpoint =
      Checkpoint.elsewhere(
          Path.of("far"),
          "{\"model_type\":\"x\",\"limit\":Infinity}",
          List.of(Tensor.elsewhere("w", DType.F32, List.of(2L, 3L))),
          this::read);

  private void read(String tensor, long offset, MemorySegment into) {
    reads.add(tensor + " " + offset + " " + into.byteSize());
    MemorySegment.copy(MemorySegment.ofArray(stored), offset, into, 0, into.byteSize());
  }

  @Test
  void shapesAreKnownAndNothingIsReadForThem() {
    Tensor tensor = checkpoint.find("w").orElseThrow();
    assertThat(tensor.shape()).containsExactly(2L, 3L);
    assertThat(tensor.byteSize()).isEqualTo(24);
    assertThatThrownBy(tensor::data).hasMessageContaining("w are not here");
    assertThat(checkpoint.config().path("model_type").asText()).isEqualTo("x");
    assertThat(checkpoint.config().path("limit").doubleValue()).isInfinite();
    assertThat(checkpoint.configText()).isEqualTo("{\"model_type\":\"x\",\"limit\":Infinity}");
    assertThat(reads).isEmpty();
  }

  @Test
  void exactlyThePartIsRead() {
    stored[12 + 3] = 64; // element 3 is 2.0
    Tensor part = checkpoint.part("w", 3, 2);
    assertThat(part.toFloats()).containsExactly(2f, 0f);
    assertThat(reads).containsExactly("w 12 8");
    assertThat(checkpoint.bytesRead()).isEqualTo(8);
    checkpoint.release(part);
    assertThatThrownBy(part::toFloats).isInstanceOf(IllegalStateException.class);
    assertThat(checkpoint.tensor("w", 2, 3).shape()).containsExactly(2L, 3L);
  }

  @Test
  void whatComesIsLookedAt() {
    stored[20 + 2] = (byte) 0xC0;
    stored[20 + 3] = 127; // element 5 is NaN
    assertThat(checkpoint.part("w", 0, 5).elements()).isEqualTo(5);
    assertThatThrownBy(() -> checkpoint.part("w", 4, 2))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("tensor w holds NaN or infinity (element 5)");
  }

  @Test
  void partsLieWithinTheirTensor() {
    assertThatThrownBy(() -> checkpoint.part("w", 4, 3))
        .hasMessageContaining("expected elements 4 to 7");
    assertThatThrownBy(() -> checkpoint.part("w", -1, 3)).hasMessageContaining("elements -1 to 2");
    assertThatThrownBy(() -> checkpoint.part("v", 0, 1))
        .hasMessageContaining("tensor v is missing");
    assertThat(reads).isEmpty();
  }
}
