package dev.switchboard.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files made to harm: each is refused with a message that names the file and what is wrong. */
class GgufHostileTest {
  private static final long HUGE = 1L << 60;

  @TempDir Path folder;

  static Stream<Arguments> heads() {
    return Stream.of(
        of("empty", new GgufBytes(), "not a GGUF file"),
        of("other magic", new GgufBytes().raw(new byte[64]), "not a GGUF file"),
        of("version 1", GgufBytes.head(1, 0, 0), "version 1", "2 and 3"),
        of("version 4", GgufBytes.head(4, 0, 0), "version 4"),
        of("big-endian", GgufBytes.head(0x0300_0000, 0, 0), "big-endian"),
        of("keys", GgufBytes.head(3, 0, HUGE), "number of metadata keys", "" + HUGE),
        of("negative keys", GgufBytes.head(3, 0, -1), "18446744073709551615"),
        of("tensors", GgufBytes.head(3, HUGE, 0), "number of tensors", "" + HUGE),
        of("long key", GgufBytes.head(3, 0, 1).u64(HUGE).u64(0), "metadata key 0", "" + HUGE),
        of("key twice", GgufBytes.head(3, 0, 2).key("a", 1).key("a", 1), "key a occurs twice"),
        of("key not UTF-8", GgufBytes.head(3, 0, 1).u64(1).raw((byte) 0xff).u64(0), "not UTF-8"),
        of("unknown type", GgufBytes.head(3, 0, 1).text("a").u32(13), "key a", "type 13"),
        of(
            "long string",
            GgufBytes.head(3, 0, 1).key("a", GgufType.STRING).u64(HUGE),
            "a: claims " + HUGE),
        of(
            "long array",
            GgufBytes.head(3, 0, 1).array("a", GgufType.UINT8, HUGE),
            "a: claims " + HUGE),
        of(
            "array longer than a long",
            GgufBytes.head(3, 0, 1).array("a", GgufType.INT64, HUGE << 1),
            "a: claims"),
        of(
            "array of arrays",
            GgufBytes.head(3, 0, 1).array("a", GgufType.ARRAY, 1).u64(0),
            "key a is an array of arrays"),
        of(
            "string in an array",
            GgufBytes.head(3, 0, 1).array("a", GgufType.STRING, 1).u64(9).u64(0),
            "a: claims 9"),
        of("no value", GgufBytes.head(3, 0, 1).key("ab", GgufType.UINT64), "ab needs 8 bytes"),
        of("alignment 0", aligned(0), "general.alignment is 0"),
        of("alignment 48", aligned(48), "general.alignment is 48", "power of two"),
        of(
            "alignment of text",
            GgufBytes.head(3, 0, 1).key("general.alignment", "32"),
            "general.alignment",
            "whole number"));
  }

  static Stream<Arguments> tables() {
    return Stream.of(
        of("no data", one().tensor("t", 0, 0, 2).align(32), "tensor t", "needs 8 bytes", "has 0"),
        of("no padding", one().tensor("t", 0, 0, 2), "tensor t", "has 0"),
        of("offset beyond", data(one().tensor("t", 0, 64, 2)), "tensor t", "from 64", "has 16"),
        of("offset of 2^63", data(one().tensor("t", 0, Long.MIN_VALUE, 2)), "9223372036854775808"),
        of("offset near 2^63", data(one().tensor("t", 0, Long.MAX_VALUE - 31, 2)), "tensor t"),
        of("unaligned", data(one().tensor("t", 0, 4, 2)), "tensor t begins at 4", "32"),
        of("axes", data(one().tensor("t", 0, 0, 1, 1, 1, 1, 1)), "tensor t has 5 axes"),
        of("many axes", data(one().text("t").u32(-1)), "tensor t has 4294967295 axes"),
        of("extent of 2^63", data(one().tensor("t", 0, 0, Long.MIN_VALUE)), "tensor t", "2^63"),
        of(
            "shape overflows",
            data(one().tensor("t", 0, 0, 1L << 32, 1L << 32)),
            "tensor t",
            "impossible shape"),
        of("bytes overflow", data(one().tensor("t", 0, 0, 1L << 62)), "tensor t", "impossible"),
        of(
            "part of a block",
            data(one().tensor("t", 8, 0, 16)),
            "tensor t Q8_0[16]",
            "blocks of 32"),
        of("scalar block", data(one().tensor("t", 8, 0)), "tensor t Q8_0[]", "blocks of 32"),
        of("IQ type", data(one().tensor("t", 16, 0, 256)), "tensor t", "type IQ2_XXS", "known are"),
        of("unknown type", data(one().tensor("t", 99, 0, 256)), "tensor t", "type number 99"),
        of(
            "overlap",
            data(GgufBytes.head(3, 2, 0).tensor("t", 0, 0, 2).tensor("u", 0, 0, 2)),
            "tensors t [0, 8) and u [0, 8) overlap"),
        of(
            "name twice",
            data(GgufBytes.head(3, 2, 0).tensor("t", 0, 0, 2).tensor("t", 0, 0, 0)),
            "tensor t occurs twice"),
        of("long name", data(one().u64(HUGE)), "name of tensor 0", "" + HUGE),
        of(
            "huge alignment",
            data(GgufBytes.head(3, 1, 1).key("general.alignment", 1 << 30).tensor("t", 0, 0, 2)),
            "tensor t",
            "has 0"));
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"heads", "tables"})
  void refuses(String name, byte[] bytes, String[] expected) throws IOException {
    assertRefused(Files.write(folder.resolve("hostile.gguf"), bytes), expected);
  }

  @Test
  void refusesAFileCutAnywhere() throws IOException {
    byte[] bytes =
        GgufBytes.head(3, 2, 3)
            .key("general.architecture", "none")
            .array("tokens", GgufType.STRING, 2)
            .text("a")
            .text("b")
            .key("n", 7)
            .tensor("t", 0, 0, 4, 2)
            .tensor("u", 8, 32, 32)
            .align(32)
            .floats(new float[8])
            .raw(new byte[34])
            .bytes();
    for (int cut = 0; cut < bytes.length; cut++) {
      Path file = Files.write(folder.resolve("cut.gguf"), Arrays.copyOf(bytes, cut));
      assertRefused(file, "");
    }
    GgufFile.open(Files.write(folder.resolve("whole.gguf"), bytes)).close();
  }

  private static GgufBytes aligned(long alignment) {
    return GgufBytes.head(3, 0, 1).key("general.alignment", alignment);
  }

  private static GgufBytes one() {
    return GgufBytes.head(3, 1, 0);
  }

  private static GgufBytes data(GgufBytes table) {
    return table.align(32).floats(1, 2, 3, 4);
  }

  private static Arguments of(String name, GgufBytes bytes, String... expected) {
    return Arguments.of(name, bytes.bytes(), expected);
  }

  private static void assertRefused(Path file, String... expected) {
    assertThatThrownBy(() -> GgufFile.open(file).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContainingAll(expected);
  }
}
