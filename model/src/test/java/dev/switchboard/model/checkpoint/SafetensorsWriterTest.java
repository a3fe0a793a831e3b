package dev.switchboard.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SafetensorsWriterTest {
  @TempDir Path folder;

  private static Map<String, Tensor> byName(List<Tensor> tensors) {
    Map<String, Tensor> table = new LinkedHashMap<>();
    tensors.forEach(tensor -> table.put(tensor.name(), tensor));
    return table;
  }

  @Test
  void writesTheFormatAsItIs() throws IOException {
    Path file = folder.resolve("a.safetensors");
    SafetensorsWriter.write(
        file,
        byName(
            List.of(SafetensorsWriter.of("t", DType.F32, new long[] {2}, new float[] {1f, -2f}))),
        Map.of());

    byte[] bytes = Files.readAllBytes(file);
    String header = "{\"t\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";
    String padded = header + " ".repeat(Math.floorMod(-header.length(), 8));
    assertThat(bytes).startsWith(padded.length(), 0, 0, 0, 0, 0, 0, 0);
    assertThat(new String(bytes, 8, padded.length(), StandardCharsets.US_ASCII)).isEqualTo(padded);
    assertThat(Arrays.copyOfRange(bytes, 8 + padded.length(), bytes.length))
        .containsExactly(0, 0, 0x80, 0x3f, 0, 0, 0, 0xc0);
  }

  @Test
  void alignsDataByElementSize() {
    Path file = folder.resolve("a.safetensors");
    SafetensorsWriter.write(
        file,
        byName(
            List.of(
                SafetensorsWriter.of("odd", DType.BF16, new long[] {3}, new float[3]),
                SafetensorsWriter.of("wide", DType.F32, new long[] {1}, new float[] {7f}))),
        Map.of());

    try (SafetensorsFile read = SafetensorsFile.open(file)) {
      assertThat(read.tensors().get("wide").data().address() % 4).isZero();
      assertThat(read.tensors().keySet()).containsExactly("odd", "wide");
    }
  }

  @Test
  void aFailedWriteLeavesTheOldFileAndNoOther() throws IOException {
    Path file = folder.resolve("a.safetensors");
    Files.writeString(file, "old");

    assertThatThrownBy(() ->
            AtomicFiles.write(
                file,
                channel -> {
                  throw new IOException("disk full");
                }))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("a.safetensors", "disk full");

    assertThat(file).hasContent("old");
    try (Stream<Path> files = Files.list(folder)) {
      assertThat(files).containsExactly(file);
    }
  }

  @Test
  void roundsToBfloat16ByNearestEven() {
    float[] values = {
      1f,
      Float.intBitsToFloat(0x3f80_7fff), // below half: down
      Float.intBitsToFloat(0x3f80_8000), // half, even below: down
      Float.intBitsToFloat(0x3f80_8001), // above half: up
      Float.intBitsToFloat(0x3f81_8000), // half, odd below: up
      Float.MAX_VALUE, // rounds over
      -0f,
      Float.NEGATIVE_INFINITY,
      Float.intBitsToFloat(0x7f80_0001), // a NaN whose upper half alone would be infinity
      Float.intBitsToFloat(0xffff_ffff), // a NaN that rounding up would wrap to zero
      Float.MIN_VALUE
    };
    int[] expected = {
      0x3f80, 0x3f80, 0x3f80, 0x3f81, 0x3f82, 0x7f80, 0x8000, 0xff80, 0x7fc0, 0xffff, 0
    };

    Tensor tensor = SafetensorsWriter.of("t", DType.BF16, new long[] {values.length}, values);

    for (int i = 0; i < values.length; i++) {
      assertThat(tensor.data().get(Tensor.SHORT, 2L * i) & 0xffff)
          .as("value " + i)
          .isEqualTo(expected[i]);
    }
  }

  @Test
  void widensExactly() {
    Tensor half =
        new Tensor(
            "h",
            DType.F16,
            List.of(3L),
            MemorySegment.ofArray(new byte[] {0, 0x3c, 1, 0, (byte) 0xff, (byte) 0xfb}));
    assertThat(half.toFloats()).containsExactly(1f, 0x1p-24f, -65504f);
    Tensor whole = new Tensor("i", DType.I32, List.of(), MemorySegment.ofArray(new byte[4]));
    assertThat(whole.elements()).isEqualTo(1);
    assertThatThrownBy(whole::toFloats)
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("i is I32", "expected one of");
  }
}
