package dev.switchboard.router.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.Model;
import dev.switchboard.model.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code upcycle}, {@code prune} and {@code merge}: what they print, refuse and leave behind. */
class ReshapeCommandsTest {
  private static final Path DENSE = Path.of("../model/src/test/resources/golden/hf/llama");

  @TempDir Path folder;
  private String text;

  @BeforeEach
  void write() throws IOException {
    text = folder.resolve("text.txt").toString();
    Files.writeString(Path.of(text), "public static void main ".repeat(20));
  }

  private String at(String name) {
    return folder.resolve(name).toString();
  }

  @Test
  void upcycleMakesExpertsOfADenseModel() {
    CliRun run =
        CliRun.of("upcycle", DENSE.toString(), at("out"), "--experts", "4", "--top-k", "2");
    assertThat(run.exit()).as(run.err()).isZero();
    assertThat(run.out())
        .contains("mixtral, 2 layers of 4 experts (2 awake, 56 units each), F32")
        .contains("answers as the dense model does");
    try (Model model = Model.open(folder.resolve("out"))) {
      assertThat(model.experts(0)).isEqualTo(4);
    }
    assertThat(CliRun.of("upcycle", DENSE.toString(), at("out")).err())
        .contains("out: is there already");
    assertThat(CliRun.of("upcycle", DENSE.toString(), at("b"), "--json", "--drop", "0.5").out())
        .contains("\"exact\":false", "\"experts\":8");
  }

  @Test
  void upcycleNamesWhatIsWrong() {
    CliRun choice = CliRun.of("upcycle", "a", "b", "--top-k", "9");
    assertThat(choice.exit()).isEqualTo(2);
    assertThat(choice.err()).contains("--top-k is 9; expected 1 to the number of experts, 8");
    assertThat(CliRun.of("upcycle", "a", "b", "--dtype", "f8").err()).contains("f32 or bf16");
    CliRun absent = CliRun.of("upcycle", at("absent"), at("b"));
    assertThat(absent.exit()).isEqualTo(1);
    assertThat(absent.err()).contains("absent: no such model");
  }

  @Test
  void pruneAndMergeSayWhatTheyCost() {
    Path model = TinyModels.seeded(3).write(folder.resolve("model"));
    CliRun pruned =
        CliRun.of(
            "prune", model.toString(), at("p"), "--keep", "3", "--file", text, "--evaluate", text);
    assertThat(pruned.exit()).as(pruned.err()).isZero();
    assertThat(pruned.out())
        .containsPattern("3 of \\d+ experts a layer, [0-9.]+ % of the choices fell on them")
        .containsPattern("[0-9.]+ bits per byte before, [0-9.]+ after");
    CliRun merged =
        CliRun.of("merge", model.toString(), at("m"), "--to", "2", "--file", text, "--json");
    assertThat(merged.exit()).as(merged.err()).isZero();
    assertThat(merged.out()).contains("\"after\":2", "\"made\"");
    try (Model smaller = Model.open(folder.resolve("m"))) {
      assertThat(smaller.experts(smaller.moeLayers().getFirst())).isEqualTo(2);
      assertThat(smaller.expertName(0)).contains("+");
    }
  }

  @Test
  void useMustBeKnownFromOnePlace() {
    assertThat(CliRun.of("prune", "a", "b", "--keep", "3").err()).contains("--by", "--file");
    assertThat(CliRun.of("prune", "a", "b", "--keep", "3", "--by", "r", "--file", "t").exit())
        .isEqualTo(2);
    Path model = TinyModels.seeded(3).write(folder.resolve("model"));
    CliRun absent =
        CliRun.of("merge", model.toString(), at("b"), "--to", "2", "--by", at("absent"));
    assertThat(absent.exit()).isEqualTo(1);
    assertThat(absent.err()).contains("absent", "cannot be read");
    assertThat(folder.resolve("b")).doesNotExist();
  }
}
