package dev.switchboard.model.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardCopyOption;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Every golden folder and file within the bounds of its recorded answers. */
class ReferenceCheckTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden");

  @TempDir Path temporary;

  static Stream<Path> folders() {
    return ReferenceCheck.folders(GOLDEN.resolve("hf")).stream();
  }

  static Stream<Path> files() {
    return Stream.of("gguf-tiny", "gguf-quantised")
        .flatMap(name -> ReferenceCheck.folders(GOLDEN.resolve(name)).stream());
  }

  static Stream<Path> newSpellings() {
    return folders().filter(folder -> Files.exists(folder.resolve("config.v5.json")));
  }

  @ParameterizedTest
  @MethodSource("folders")
  void aFolderGivesTheReferencesAnswers(Path folder) {
    check(ReferenceCheck.of(folder));
  }

  @ParameterizedTest
  @MethodSource("newSpellings")
  void soItDoesWithTheNewSpellingOfItsConfiguration(Path folder) throws IOException {
    copy(folder);
    Files.move(
        temporary.resolve("config.v5.json"),
        temporary.resolve("config.json"),
        StandardCopyOption.REPLACE_EXISTING);

    check(ReferenceCheck.of(temporary));
  }

  @ParameterizedTest
  @MethodSource("files")
  void aGgufFileGivesLlamaCppsAnswers(Path file) {
    check(ReferenceCheck.of(file));
  }

  @Test
  void aFolderIsFoundWithItsVariants() {
    assertThat(ReferenceCheck.folders(GOLDEN.resolve("hf/mixtral")))
        .map(path -> path.getFileName().toString())
        .containsExactly("mixtral", "fused", "sharded");
  }

  @Test
  void aChangedWeightIsNoticed() throws IOException {
    copy(GOLDEN.resolve("hf/llama"));
    Path weights = temporary.resolve("model.safetensors");
    byte[] bytes = Files.readAllBytes(weights);
    ByteBuffer buffer = ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
    buffer.putFloat((int) (8 + buffer.getLong(0)), 9f);
    Files.write(weights, bytes);

    ReferenceReport report = ReferenceCheck.of(temporary);

    assertThat(report.ok()).isFalse();
    assertThat(report.notes()).isNotEmpty();
  }

  private static void check(ReferenceReport report) {
    assertThat(report.ok()).as("%s", report).isTrue();
    assertThat(report.maxLogitDifference()).isPresent();
  }

  private void copy(Path folder) throws IOException {
    List<Path> files;
    try (Stream<Path> list = Files.list(folder)) {
      files = list.filter(Files::isRegularFile).toList();
    }
    for (Path file : files) {
      Files.copy(file, temporary.resolve(file.getFileName()));
    }
  }
}
