package dev.switchboard.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.lang.foreign.MemorySegment;
import java.net.URISyntaxException;
import java.nio.file.Path;
import java.util.EnumSet;
import java.util.List;
import java.util.Set;
import org.junit.jupiter.api.Test;

class WidenTest {
  /** Files of llama.cpp's quantiser, and random bytes; widened by Python's {@code gguf}. */
  @Test
  void givesTheBitsOfTheReference() throws URISyntaxException {
    Path folder = Path.of(WidenTest.class.getResource("/golden/gguf").toURI());
    Set<DType> seen = EnumSet.noneOf(DType.class);
    try (GgufFile stored = GgufFile.open(folder.resolve("widening.gguf"));
        SafetensorsFile widened = SafetensorsFile.open(folder.resolve("widening.safetensors"))) {
      assertThat(stored.tensors().keySet()).isEqualTo(widened.tensors().keySet());
      stored
          .tensors()
          .forEach((name, tensor) -> {
            Tensor expected = widened.tensors().get(name);
            assertThat(tensor.shape()).as(name).isEqualTo(expected.shape());
            assertThat(bits(tensor.toFloats())).as(name).isEqualTo(bits(expected.toFloats()));
            seen.add(tensor.dtype());
          });
    }
    Set<DType> all = EnumSet.copyOf(Widen.TYPES);
    all.removeAll(EnumSet.of(DType.F8_E4M3, DType.F8_E5M2));
    assertThat(seen).containsAll(all);
  }

  @Test
  void widensAnyRun() {
    byte[] bytes = new byte[3 * 34];
    for (int block = 0; block < 3; block++) {
      bytes[34 * block + 1] = 0x3c;
      for (int i = 0; i < 32; i++) {
        bytes[34 * block + 2 + i] = (byte) (32 * block + i);
      }
    }
    float[] out = new float[40];

    Widen.row(DType.Q8_0, MemorySegment.ofArray(bytes), 34, out, 5, 32);

    assertThat(out).startsWith(0f, 0f, 0f, 0f, 0f, 32f, 33f).endsWith(62f, 63f, 0f, 0f, 0f);
    assertThatThrownBy(() -> Widen.row(DType.Q8_0, MemorySegment.ofArray(bytes), 34, out, 0, 31))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("31 elements");
    assertThatThrownBy(() -> Widen.row(DType.Q8_0, MemorySegment.ofArray(bytes), 70, out, 0, 32))
        .isInstanceOf(IndexOutOfBoundsException.class);
    assertThatThrownBy(() -> Widen.row(DType.I32, MemorySegment.ofArray(bytes), 0, out, 0, 1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("I32 is no float");
  }

  @Test
  void eightBitFloatsHaveNoInfinity() {
    for (int code = 0; code < 256; code++) {
      float value = Float8.fromE4m3((byte) code);
      assertThat(Float.isNaN(value)).as("code " + code).isEqualTo((code & 0x7f) == 0x7f);
      assertThat(Float.isInfinite(value)).isFalse();
      assertThat(Float8.fromE4m3((byte) (code ^ 0x80)) + value == 0 || Float.isNaN(value)).isTrue();
      // Codes of one sign are in order, and evenly spaced within an exponent.
      if (code > 0 && code < 0x7f) {
        float before = Float8.fromE4m3((byte) (code - 1));
        assertThat(value - before).isEqualTo(Math.scalb(1f, Math.max(1, (code - 1) >> 3) - 10));
      }
    }
    assertThat(Float8.fromE4m3((byte) 0x7e)).isEqualTo(448f);
    assertThat(Float8.fromE4m3((byte) 0xb8)).isEqualTo(-1f);
    assertThat(bits(Float8.fromE4m3((byte) 0x80))).isEqualTo(bits(-0f));
    assertThat(Float8.fromE5m2((byte) 0x7b)).isEqualTo(57344f);
    assertThat(Float8.fromE5m2((byte) 0xfc)).isEqualTo(Float.NEGATIVE_INFINITY);
  }

  @Test
  void turnsScalesAndCodesIntoBlocks() {
    float[] values = {0, 0.5f, 1, 1.5f, 2, 3, 4, 6, 0, -0.5f, -1, -1.5f, -2, -3, -4, -6};
    byte[] codes = new byte[2 * Mxfp4.CODE_BYTES];
    for (int i = 0; i < codes.length; i++) {
      codes[i] = (byte) (i * 77 + 5);
    }
    byte[] blocks = new byte[2 * DType.MXFP4.blockBytes()];

    Mxfp4.toBlocks(
        MemorySegment.ofArray(codes),
        0,
        MemorySegment.ofArray(new byte[] {99, 127, (byte) 130}),
        1,
        MemorySegment.ofArray(blocks));

    float[] widened =
        new Tensor("t", DType.MXFP4, List.of(2L, 32L), MemorySegment.ofArray(blocks)).toFloats();
    for (int i = 0; i < widened.length; i++) {
      int code = (codes[i / 2] >> (i % 2 * 4)) & 15;
      assertThat(widened[i]).as("element " + i).isEqualTo(values[code] * (i < 32 ? 1 : 8));
    }
  }

  private static int[] bits(float... values) {
    int[] bits = new int[values.length];
    for (int i = 0; i < bits.length; i++) {
      bits[i] = Float.floatToRawIntBits(values[i]);
    }
    return bits;
  }
}
