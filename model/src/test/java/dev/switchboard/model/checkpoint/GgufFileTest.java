package dev.switchboard.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class GgufFileTest {
  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(longs = {2, 3})
  void readsTensorsSlowestExtentFirst(long version) throws IOException {
    Path file =
        write(
            "m.gguf",
            GgufBytes.head(version, 2, 2)
                .key("general.architecture", "none")
                .key("general.alignment", 64)
                .tensor("wide", 0, 0, 3, 2)
                .tensor("norm", 0, 64, 2)
                .align(64)
                .floats(1, 2, 3, 4, 5, 6)
                .align(64)
                .floats(7, 8));

    try (Checkpoint checkpoint = Checkpoint.open(file)) {
      assertThat(checkpoint.names()).containsExactly("wide", "norm");
      assertThat(checkpoint.tensor("wide", 2, 3).toFloats()).containsExactly(1, 2, 3, 4, 5, 6);
      assertThat(checkpoint.tensor("norm", 2).toFloats()).containsExactly(7, 8);
      assertThat(checkpoint.gguf().orElseThrow().text("general.architecture")).isEqualTo("none");
      assertThat(checkpoint.fileOf("norm")).isEqualTo(file);
      assertThatThrownBy(() -> checkpoint.tensor("wide", 3, 2))
          .hasMessageContainingAll(file.toString(), "wide", "F32[2, 3]", "[3, 2]");
    }
  }

  @Test
  void readsEveryKindOfValue() throws IOException {
    Path file = write("m.gguf", everyKind());

    try (GgufFile gguf = GgufFile.open(file)) {
      GgufMetadata metadata = gguf.metadata();
      assertThat(metadata.keys()).hasSize(16).startsWith("u8").endsWith("bools");
      assertThat(metadata.integer("u8")).isEqualTo(255);
      assertThat(metadata.integer("i8")).isEqualTo(-1);
      assertThat(metadata.integer("u16")).isEqualTo(65535);
      assertThat(metadata.integer("i16")).isEqualTo(-2);
      assertThat(metadata.integer("u32")).isEqualTo(0xffff_ffffL);
      assertThat(metadata.integer("i32")).isEqualTo(-1);
      assertThat(metadata.integer("i64")).isEqualTo(-5);
      assertThat(metadata.number("f32")).isEqualTo(0.1f);
      assertThat(metadata.number("f64")).isEqualTo(0.1);
      assertThat(metadata.number("i32")).isEqualTo(-1.0);
      assertThat(metadata.flag("bool")).isTrue();
      assertThat(metadata.texts("texts")).containsExactly("ä", "", "b");
      assertThat(metadata.integers("bytes")).containsExactly(1, 255);
      assertThat(metadata.bytes("bytes")).containsExactly(1, -1);
      assertThat(metadata.numbers("floats")).containsExactly(1.5f, -2f);
      assertThat(metadata.flags("bools")).containsExactly(true, false);
      assertThat(metadata.perLayer("i32", 2)).containsExactly(-1, -1);
      assertThat(metadata.perLayer("bytes", 2)).containsExactly(1, 255);
    }
  }

  @Test
  void namesKeysThatHoldSomethingElse() throws IOException {
    Path file = write("m.gguf", everyKind());

    try (GgufFile gguf = GgufFile.open(file)) {
      GgufMetadata metadata = gguf.metadata();
      assertThatThrownBy(() -> metadata.text("gone"))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContainingAll(file.toString(), "key gone is missing");
      assertThatThrownBy(() -> metadata.text("u8"))
          .hasMessageContainingAll("key u8", "the UINT8 255", "expected a string");
      assertThatThrownBy(() -> metadata.integer("f32"))
          .hasMessageContainingAll("key f32", "FLOAT32", "expected a whole number");
      assertThatThrownBy(() -> metadata.integer("u64"))
          .hasMessageContainingAll("key u64", "18446744073709551615", "below 2^63");
      assertThatThrownBy(() -> metadata.integers("texts"))
          .hasMessageContainingAll("key texts", "array of 3 STRING");
      assertThatThrownBy(() -> metadata.perLayer("bytes", 3))
          .hasMessageContainingAll("key bytes", "2 entries", "3 layers");
      assertThatThrownBy(() -> metadata.count("u8", 1, 64))
          .hasMessageContainingAll("key u8 is 255", "1 to 64");
    }
  }

  private static GgufBytes everyKind() {
    return GgufBytes.head(3, 0, 16)
        .key("u8", GgufType.UINT8)
        .raw((byte) 255)
        .key("i8", GgufType.INT8)
        .raw((byte) 255)
        .key("u16", GgufType.UINT16)
        .raw((byte) 255, (byte) 255)
        .key("i16", GgufType.INT16)
        .raw((byte) 254, (byte) 255)
        .key("u32", 0xffff_ffffL)
        .key("i32", GgufType.INT32)
        .u32(-1)
        .key("f32", GgufType.FLOAT32)
        .floats(0.1f)
        .key("bool", GgufType.BOOL)
        .raw((byte) 1)
        .key("text", "t")
        .key("u64", GgufType.UINT64)
        .u64(-1)
        .key("i64", GgufType.INT64)
        .u64(-5)
        .key("f64", GgufType.FLOAT64)
        .u64(Double.doubleToRawLongBits(0.1))
        .array("texts", GgufType.STRING, 3)
        .text("ä")
        .text("")
        .text("b")
        .array("bytes", GgufType.UINT8, 2)
        .raw((byte) 1, (byte) 255)
        .array("floats", GgufType.FLOAT32, 2)
        .floats(1.5f, -2f)
        .array("bools", GgufType.BOOL, 2)
        .raw((byte) 1, (byte) 0);
  }

  @Test
  void readsAllPartsOfASplitModel() throws IOException {
    part(1, 0, 2, "a");
    Path second = part(2, 1, 2, "b");

    for (String name : List.of("m-00001-of-00002.gguf", "m-00002-of-00002.gguf")) {
      try (Checkpoint checkpoint = Checkpoint.open(folder.resolve(name))) {
        assertThat(checkpoint.names()).containsExactly("a", "b");
        assertThat(checkpoint.fileOf("b")).isEqualTo(second);
        assertThat(checkpoint.gguf().orElseThrow().integer("split.no")).isZero();
      }
    }
  }

  @Test
  void refusesPartsThatDoNotFit() throws IOException {
    Path first = part(1, 0, 2, "a");
    assertRefused(first, "part 2 of 2 is missing", "m-00002-of-00002.gguf");
    part(2, 1, 2, "a");
    assertRefused(first, "m-00002-of-00002.gguf", "tensor a", "earlier part");
    part(2, 0, 2, "b");
    assertRefused(first, "m-00002-of-00002.gguf", "split.no is 0", "says 1");
    part(2, 1, 3, "b");
    assertRefused(first, "m-00002-of-00002.gguf", "split.count is 3", "says 2");
    part(2, 1, 2);
    assertRefused(first, "split.tensors.count is 2", "hold 1");
    assertRefused(
        Files.copy(first, folder.resolve("alone.gguf")), "one of 2 parts", "00001-of-00002");
    assertRefused(Files.copy(first, folder.resolve("m-00001-of-00000.gguf")), "one of 0 parts");
  }

  private Path part(int number, int claimed, int count, String... tensors) throws IOException {
    GgufBytes bytes =
        GgufBytes.head(3, tensors.length, 3)
            .key("split.no", claimed)
            .key("split.count", count)
            .key("split.tensors.count", 2);
    for (String tensor : tensors) {
      bytes.tensor(tensor, 0, 0, 1);
    }
    return write("m-%05d-of-00002.gguf".formatted(number), bytes.align(32).floats(1));
  }

  private static void assertRefused(Path file, String... expected) {
    assertThatThrownBy(() -> GgufFile.open(file).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(expected);
  }

  private Path write(String name, GgufBytes bytes) throws IOException {
    return Files.write(folder.resolve(name), bytes.bytes());
  }
}
