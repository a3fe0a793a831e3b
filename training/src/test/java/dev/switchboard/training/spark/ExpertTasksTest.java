package dev.switchboard.training.spark;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.training.data.ByteTokenizer;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.files.ModelDirectory;
import dev.switchboard.training.run.Budget;
import dev.switchboard.training.run.ExpertSettings;
import dev.switchboard.training.run.ExpertTasks;
import dev.switchboard.training.twin.Backbone;
import dev.switchboard.training.twin.HuggingFaceLayout;
import dev.switchboard.training.twin.TinyTwin;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights.Values;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.SequencedMap;
import java.util.SplittableRandom;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** Experts that learn alone, one task each. */
class ExpertTasksTest {
  private static final TwinConfig CONFIG =
      new TwinConfig(257, 16, 2, 2, 8, 8, 4, 24, new Backbone.Mamba(2, 6, 5), List.of("a", "b"));

  @TempDir private Path folder;
  private Path tokenizer = Path.of("");
  private Path model = Path.of("");

  @BeforeEach
  void writeModel() throws IOException {
    tokenizer = ByteTokenizer.in(folder);
    model = folder.resolve("model");
    SequencedMap<String, Values> weights = TinyTwin.weights(CONFIG, 3);
    ModelDirectory.write(
        model,
        CONFIG,
        name -> Objects.requireNonNull(weights.get(name), name),
        ModelDirectory.json(tokenizer));
  }

  @Test
  void sparkAndOneAfterTheOtherGiveTheSameBits() throws IOException {
    ObjectNode turn = tasks("turn", false).run(domains(), ExpertTasks.IN_TURN);
    ObjectNode spark = tasks("spark", false).run(domains(), new SparkExperts("local[2]"));
    assertThat(weights("spark")).isEqualTo(weights("turn"));
    assertThat(spark.path("domains")).isEqualTo(turn.path("domains"));
    assertThat(turn.at("/domains/b/natsPerToken").asDouble()).isPositive();

    // What is finished is not done again.
    tasks("spark", true).run(domains(), new SparkExperts("local[2]"));
    assertThat(weights("spark")).isEqualTo(weights("turn"));
  }

  @Test
  void onlyItsOwnExpertLearnsFromADomain() throws IOException {
    List<Domain> others = List.of(domains().getFirst(), text("b", 100, 120));
    tasks("one", false).run(domains(), ExpertTasks.IN_TURN);
    tasks("two", false).run(others, ExpertTasks.IN_TURN);
    SequencedMap<String, Values> before = load(model);
    SequencedMap<String, Values> one = load(folder.resolve("one"));
    SequencedMap<String, Values> two = load(folder.resolve("two"));
    before.forEach((name, values) -> {
      float[] old = values.numbers();
      float[] mine = Objects.requireNonNull(one.get(name)).numbers();
      float[] theirs = Objects.requireNonNull(two.get(name)).numbers();
      boolean matrix = name.endsWith("expert_in") || name.endsWith("expert_out");
      for (int i = 0; i < old.length; i++) {
        boolean first = name.contains(".expert_") && i < old.length / 2;
        if (!name.contains(".expert_")) {
          assertThat(mine[i]).as(name).isEqualTo(old[i]);
        } else if (first) {
          assertThat(theirs[i]).as(name).isEqualTo(mine[i]);
        }
      }
      if (matrix) {
        assertThat(mine).as(name).isNotEqualTo(old);
        assertThat(theirs).as(name).isNotEqualTo(mine);
      }
    });
  }

  @Test
  void dataOfOtherDomainsAreRefused() {
    assertThatThrownBy(() -> tasks("out", false).run(domains().subList(0, 1), ExpertTasks.IN_TURN))
        .isInstanceOf(IOException.class)
        .hasMessageContaining("[a, b]");
  }

  private ExpertTasks tasks(String out, boolean resume) {
    ExpertSettings settings =
        new ExpertSettings(
            folder.resolve(out),
            null,
            new Budget(0, 0),
            new Budget(3, 0),
            new ExpertSettings.Reading(2, 64, 64),
            1,
            2,
            resume,
            1000,
            0,
            new ExpertSettings.Rates(0.01, 0.02, 0.05, 0.5));
    return new ExpertTasks(settings, model, tokenizer);
  }

  private byte[] weights(String out) throws IOException {
    return Files.readAllBytes(folder.resolve(out).resolve("model.safetensors"));
  }

  private static SequencedMap<String, Values> load(Path directory) {
    try (Checkpoint file = Checkpoint.open(directory)) {
      return HuggingFaceLayout.load(CONFIG, file);
    }
  }

  private static List<Domain> domains() {
    return List.of(text("a", 1, 9), text("b", 30, 40));
  }

  private static Domain text(String name, int from, int to) {
    SplittableRandom random = new SplittableRandom(3);
    return new Domain(name, random.ints(2000, from, to).toArray(), new int[0]);
  }
}
