package dev.switchboard.model.checkpoint;

import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.stream.IntStream;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

/** Files made to harm: each is refused with a message that names the file and what is wrong. */
class SafetensorsHostileTest {
  private static final String GOOD =
      "{\"a\":{\"dtype\":\"F32\",\"shape\":[2],\"data_offsets\":[0,8]}}";

  @TempDir Path folder;

  /** Where tensors lie. */
  static Stream<Arguments> offsets() {
    return Stream.of(
        table(
            "overlap",
            tensors(one("a", "[2]", "0,8"), one("b", "[2]", "4,12")),
            12,
            "tensor b",
            "[4, 12)",
            "overlap"),
        table(
            "the same bytes twice",
            tensors(one("a", "[2]", "0,8"), one("b", "[2]", "0,8")),
            8,
            "tensor b",
            "overlap"),
        table(
            "hole",
            tensors(one("a", "[2]", "0,8"), one("b", "[2]", "12,20")),
            20,
            "tensor b",
            "holes"),
        table("hole at the start", tensors(one("a", "[2]", "8,16")), 16, "tensor a", "begin at 0"),
        table("rest", GOOD, 9, "1 bytes after the last tensor"),
        table(
            "beyond the file",
            tensors(one("a", "[2]", "0,8"), one("b", "[9]", "8,44")),
            12,
            "truncated",
            "need"),
        table("far beyond", tensors(one("a", "[2]", "0,9223372036854775807")), 8, "truncated"),
        table("backwards", tensors(one("a", "[2]", "8,0")), 8, "tensor a"),
        table(
            "negative offset",
            tensors(one("a", "[2]", "-8,0")),
            8,
            "data_offsets of tensor a",
            "-8"),
        table(
            "offset beyond a long",
            tensors(one("a", "[2]", "0,18446744073709551616")),
            8,
            "not valid JSON"),
        table(
            "fractional offset", tensors(one("a", "[2]", "0,8.0")), 8, "data_offsets of tensor a"),
        table("three offsets", tensors(one("a", "[2]", "0,8,8")), 8, "more than 2"),
        table("one offset", tensors(one("a", "[2]", "0")), 8, "two data_offsets"));
  }

  /** How large tensors are. */
  static Stream<Arguments> shapes() {
    return Stream.of(
        table("shape too large", tensors(one("a", "[3]", "0,8")), 8, "needs 12 bytes", "give 8"),
        table("shape too small", tensors(one("a", "[1]", "0,8")), 8, "needs 4 bytes", "give 8"),
        table(
            "shape overflows",
            tensors(one("a", "[4294967296,4294967296]", "0,8")),
            8,
            "impossible shape"),
        table(
            "bytes overflow",
            tensors(one("a", "[4611686018427387904]", "0,8")),
            8,
            "impossible shape"),
        table("negative extent", tensors(one("a", "[-2]", "0,8")), 8, "shape of tensor a", "-2"),
        table(
            "too many axes",
            tensors(one("a", "[" + "1,".repeat(16) + "2]", "0,8")),
            8,
            "more than 16"));
  }

  /** What is no table. */
  static Stream<Arguments> tables() {
    return Stream.of(
        table(
            "name twice",
            tensors(one("a", "[1]", "0,4"), one("a", "[1]", "4,8")),
            8,
            "Duplicate field 'a'"),
        table("unknown dtype", GOOD.replace("F32", "F31"), 8, "dtype F31", "known are"),
        table("no dtype", GOOD.replace("\"dtype\":\"F32\",", ""), 8, "needs dtype"),
        table("unknown key", GOOD.replace("shape\":", "shapes\":"), 8, "unknown key \"shapes\""),
        table("no object", "[1]", 0, "does not start with {"),
        table("broken", "{\"a\":", 0, "not valid JSON"),
        table("more JSON", GOOD + "{}", 8, "more JSON"),
        table(
            "deep", "{\"a\":" + "[".repeat(5000) + "]".repeat(5000) + "}", 0, "tensor a should be"),
        table("deep metadata", "{\"__metadata__\":{\"a\":{\"b\":1}}}", 0, "__metadata__.a"),
        table("not UTF-8", "{\"\u00ff", 0, "not valid JSON"));
  }

  private static Arguments table(String name, String json, int dataBytes, String... expected) {
    return Arguments.of(name, json, dataBytes, expected);
  }

  private static String tensors(String... entries) {
    return "{" + String.join(",", entries) + "}";
  }

  private static String one(String name, String shape, String offsets) {
    return "\"%s\":{\"dtype\":\"F32\",\"shape\":%s,\"data_offsets\":[%s]}"
        .formatted(name, shape, offsets);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource({"offsets", "shapes", "tables"})
  void refusesTable(String name, String json, int dataBytes, String[] expected) throws IOException {
    byte[] table = json.getBytes(StandardCharsets.ISO_8859_1);
    Path file = write(table.length, table, dataBytes);

    assertRefused(file, expected);
  }

  static Stream<Arguments> lengths() {
    return Stream.of(
        Arguments.of(1L << 60, "1152921504606846976"),
        Arguments.of(-1L, "18446744073709551615"),
        Arguments.of(Long.MIN_VALUE, "9223372036854775808"),
        Arguments.of(GOOD.length() + 9L, "" + (GOOD.length() + 9)));
  }

  @ParameterizedTest
  @MethodSource("lengths")
  void refusesAHeaderLongerThanTheFile(long claim, String written) throws IOException {
    Path file = write(claim, GOOD.getBytes(StandardCharsets.UTF_8), 8);

    assertRefused(
        file, "header claims " + written + " bytes", "only " + Files.size(file) + " bytes");
  }

  @Test
  void refusesAHeaderThatNoTableNeeds() throws IOException {
    Path file = folder.resolve("sparse.safetensors");
    try (var channel =
        Files.newByteChannel(file, StandardOpenOption.CREATE_NEW, StandardOpenOption.WRITE)) {
      channel.write(length(200_000_000));
      channel.position(300_000_000).write(ByteBuffer.allocate(1));
    }

    assertRefused(file, "200000000", "at most 100000000");
  }

  @Test
  void refusesAFileCutAnywhere() throws IOException {
    Path whole = folder.resolve("whole.safetensors");
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (String name : new String[] {"a", "b", "c"}) {
      tensors.put(name, SafetensorsWriter.of(name, DType.BF16, new long[] {5, 7}, new float[35]));
    }
    SafetensorsWriter.write(whole, tensors, Map.of("format", "pt"));
    byte[] bytes = Files.readAllBytes(whole);
    int[] cuts = IntStream.rangeClosed(0, 24).map(i -> i * (bytes.length - 1) / 24).toArray();

    for (int cut : cuts) {
      Path file = folder.resolve("cut-" + cut + ".safetensors");
      Files.write(file, Arrays.copyOf(bytes, cut));
      assertRefused(file, " " + cut);
    }
    assertRefused(
        folder.resolve("cut-" + (bytes.length - 1) + ".safetensors"),
        "truncated",
        "need " + bytes.length);
  }

  @Test
  void refusesWhatIsNoFile() {
    assertRefused(folder.resolve("absent.safetensors"), "no such file");
    assertRefused(folder, "no such file");
  }

  private void assertRefused(Path file, String... expected) {
    assertThatThrownBy(() -> SafetensorsFile.open(file).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageStartingWith(file + ": ")
        .hasMessageContainingAll(expected);
  }

  private Path write(long claim, byte[] table, int dataBytes) throws IOException {
    Path file = folder.resolve("hostile.safetensors");
    ByteBuffer all = ByteBuffer.allocate(8 + table.length + dataBytes);
    all.put(length(claim)).put(table);
    return Files.write(file, all.array());
  }

  private static ByteBuffer length(long value) {
    return ByteBuffer.allocate(8).order(ByteOrder.LITTLE_ENDIAN).putLong(value).flip();
  }
}
