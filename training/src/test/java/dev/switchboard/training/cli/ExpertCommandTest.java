package dev.switchboard.training.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.training.data.ByteTokenizer;
import dev.switchboard.training.data.Vocabulary;
import dev.switchboard.training.files.ModelDirectory;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights;
import dev.switchboard.training.twin.Weights.Values;
import java.io.ByteArrayOutputStream;
import java.io.IOException;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** A third expert for a model of two. */
class ExpertCommandTest {
  private static final TwinConfig CONFIG =
      new TwinConfig(257, 16, 2, 2, 8, 8, 4, 24, 12, List.of("a", "b"));

  @TempDir private Path folder;

  @BeforeEach
  void write() throws IOException {
    Map<String, Values> weights = Weights.initialValues(CONFIG, 4);
    try (Vocabulary vocabulary = Vocabulary.read(ByteTokenizer.in(folder))) {
      ModelDirectory.write(
          folder.resolve("model"), CONFIG, name -> weights.get(name), vocabulary.json());
    }
    text("c", "zyxw");
    text("mix/a", "abc");
    text("mix/b", "123");
  }

  private void text(String domain, String letters) throws IOException {
    Path at = Files.createDirectories(folder.resolve(domain));
    Files.writeString(at.resolve("train.txt"), letters.repeat(900));
    Files.writeString(at.resolve("test.txt"), letters.repeat(300));
  }

  private int train(String... more) {
    return named("c", more);
  }

  private int named(String domain, String... more) {
    String[] usual = {
      "expert",
      "--domain=" + domain,
      "--data=" + folder.resolve("c"),
      "--model=" + folder.resolve("model"),
      "--out=" + folder.resolve("out"),
      "--rows=1",
      "--sequence=64",
      "--gate-steps=2",
      "--master=local[1]"
    };
    String[] all = Arrays.copyOf(usual, usual.length + more.length);
    System.arraycopy(more, 0, all, usual.length, more.length);
    return TrainMain.commandLine().execute(all);
  }

  @Test
  void itIsOneMoreAndTheOthersColumnsKeepTheirBits() {
    assertThat(train("--steps=3", "--mix=" + folder.resolve("mix"))).isZero();
    AddedExpert expert = AddedExpert.read(folder.resolve("out"));
    assertThat(expert.index()).isEqualTo(2);
    assertThat(expert.gate().about().experts()).isEqualTo(3);
    try (Model before = Model.open(folder.resolve("model"));
        Model after = Model.withExpert(folder.resolve("model"), folder.resolve("out"))) {
      assertThat(after.plan().expertNames()).containsExactly("a", "b", "c");
      before
          .ownGates()
          .tensors()
          .forEach((name, own) -> {
            float[] grown = after.checkpoint().find(name).map(Tensor::toFloats).orElseThrow();
            assertThat(Arrays.copyOf(grown, own.toFloats().length)).isEqualTo(own.toFloats());
          });
    }
    byte[] weights = read("out/model.safetensors");
    assertThat(
            train(
                "--mix=" + folder.resolve("mix"),
                "--trained=" + folder.resolve("out"),
                "--lm-loss=0",
                "--steps=3"))
        .isZero();
    assertThat(read("out/model.safetensors")).isEqualTo(weights);
  }

  private static String[] with(String[] some, String one) {
    String[] all = Arrays.copyOf(some, some.length + 1);
    all[some.length] = one;
    return all;
  }

  private byte[] read(String file) {
    try {
      return Files.readAllBytes(folder.resolve(file));
    } catch (IOException e) {
      throw new AssertionError(e);
    }
  }

  @Test
  void whatDoesNotFitIsRefusedByName() {
    assertThat(error("b")).contains("the model has an expert called b already: [a, b]");
    assertThat(error("d", "--mix=" + folder.resolve("c"))).contains("has no a/train.txt");
    assertThat(train("--all-columns")).isEqualTo(2);
    assertThat(train("--steps=0", "--minutes=0")).isEqualTo(2);
  }

  private String error(String domain, String... options) {
    PrintStream before = System.err;
    ByteArrayOutputStream errors = new ByteArrayOutputStream();
    System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
    try {
      assertThat(named(domain, with(options, "--steps=3"))).isEqualTo(1);
    } finally {
      System.setErr(before);
    }
    return errors.toString(StandardCharsets.UTF_8);
  }
}
