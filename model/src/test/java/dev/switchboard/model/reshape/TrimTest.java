package dev.switchboard.model.reshape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.Model;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.TreeMap;
import java.util.stream.LongStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class TrimTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/hf");

  @TempDir Path folder;

  /** The higher an expert's number, the more it was used. */
  private static ExpertUse rising(Model model) {
    Map<Integer, long[]> tokens = new TreeMap<>();
    for (int layer : model.moeLayers()) {
      long[] counts = new long[model.experts(layer)];
      for (int e = 0; e < counts.length; e++) {
        counts[e] = e + 1;
      }
      tokens.put(layer, counts);
    }
    return new ExpertUse(tokens);
  }

  private static ExpertUse rising(Path in) {
    try (Model model = Model.open(in)) {
      return rising(model);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mixtral, 4",
    "mixtral/fused, 4",
    "qwen2_moe, 4",
    "qwen3_moe, 4",
    "olmoe, 4",
    "granitemoe, 4",
    "granitemoehybrid, 4",
    "jamba, 2",
    "deepseek_v2, 8",
    "deepseek_v3, 8",
    "deepseek_v3/fp8, 8",
    "gpt_oss, 4",
    "gpt_oss/mxfp4, 4",
    "nemotron_h, 4"
  })
  void everyFamilyAnswersWithFewerExperts(String family, int keep) {
    Path in = GOLDEN.resolve(family);
    Path out = folder.resolve("kept");

    TrimReport report = Trim.folder(in, out, rising(in), new Trim.Keep(keep), (_, _, _) -> {});

    assertThat(report.after()).isEqualTo(keep);
    assertThat(report.share()).isBetween(0.3, 1.0);
    try (Model model = Model.open(out)) {
      assertThat(model.moeLayers()).allMatch(layer -> model.experts(layer) == keep);
    }
    assertThat(Answers.logits(out)).doesNotContain(Float.NaN, Float.POSITIVE_INFINITY);
  }

  @Test
  void allExpertsKeptAnswerAsBefore() {
    Path in = GOLDEN.resolve("mixtral");
    int all = experts(in);
    Path kept = folder.resolve("kept");
    Path merged = folder.resolve("merged");

    Trim.folder(in, kept, rising(in), new Trim.Keep(all), (_, _, _) -> {});
    Trim.folder(in, merged, rising(in), new Trim.Merge(all, true), (_, _, _) -> {});

    assertThat(Answers.logits(kept)).isEqualTo(Answers.logits(in));
    assertThat(Answers.logits(merged)).isEqualTo(Answers.logits(in));
  }

  private static int experts(Path in) {
    try (Model model = Model.open(in)) {
      return model.experts(model.moeLayers().getFirst());
    }
  }

  @Test
  void theLeastUsedGo() {
    Path in = GOLDEN.resolve("mixtral");
    Path out = folder.resolve("kept");

    TrimReport report = Trim.folder(in, out, rising(in), new Trim.Keep(2), (_, _, _) -> {});

    int all = experts(in);
    assertThat(report.made().get(0).get(0)).containsExactly(all - 2);
    assertThat(report.made().get(0).get(1)).containsExactly(all - 1);
    String name = "model.layers.0.block_sparse_moe.experts.%s.w2.weight";
    try (Checkpoint before = Checkpoint.open(in);
        Checkpoint after = Checkpoint.open(out)) {
      assertThat(after.find(name.formatted(1)).orElseThrow().toFloats())
          .isEqualTo(before.find(name.formatted(all - 1)).orElseThrow().toFloats());
      assertThat(after.find(name.formatted(2))).isEmpty();
    }
  }

  /** Copies whose units stand in another order are one network: aligned they merge without loss. */
  @ParameterizedTest
  @CsvSource({"true, 0, 5e-5", "false, 0.05, 100"})
  void unitsInAnotherOrderAreFoundAgain(boolean align, float least, float most) {
    Path dense = GOLDEN.resolve("llama");
    Path sparse = folder.resolve("sparse");
    Upcycle.folder(dense, sparse, UpcycleOptions.copies(4, 1), (_, _, _) -> {});
    Shuffled.units(sparse);
    assertThat(Answers.difference(Answers.logits(dense), Answers.logits(sparse))).isLessThan(5e-5f);
    Path out = folder.resolve("merged");

    Trim.folder(sparse, out, rising(sparse), new Trim.Merge(2, align), (_, _, _) -> {});

    assertThat(Answers.difference(Answers.logits(dense), Answers.logits(out)))
        .isBetween(least, most);
  }

  @Test
  void countsAreReadFromATrace() throws IOException {
    Path in = GOLDEN.resolve("mixtral");
    Path routes = folder.resolve("routes.jsonl");
    Files.writeString(
        routes,
        """
        {"sequence":0,"position":0,"token":5,"text":"a","layers":[{"layer":0,"experts":[1,2],"weights":[0.6,0.4]},{"layer":1,"experts":[0,3],"weights":[0.6,0.4]}]}
        {"sequence":0,"position":1,"token":6,"text":"b","layers":[{"layer":0,"experts":[1,0],"weights":[0.6,0.4]}]}
        """);
    try (Model model = Model.open(in)) {
      ExpertUse use = ExpertUse.recorded(routes, model.plan());
      assertThat(use.tokens().get(0)).startsWith(1, 2, 1, 0);
      assertThat(use.tokens().get(1)).startsWith(1, 0, 0, 1);

      Files.writeString(routes, "{\"layers\":[{\"layer\":0,\"experts\":[99]}]}");
      assertThatThrownBy(() -> ExpertUse.recorded(routes, model.plan()))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("line 1: expert 99 of layer 0");
      Files.writeString(routes, "{\"layers\":[");
      assertThatThrownBy(() -> ExpertUse.recorded(routes, model.plan()))
          .hasMessageContaining("not valid JSON");
      Files.writeString(routes, "");
      assertThatThrownBy(() -> ExpertUse.recorded(routes, model.plan()))
          .hasMessageContaining("no choices");
    }
  }

  @Test
  void countsWhileReading() {
    try (Model model = Model.open(GOLDEN.resolve("mixtral"))) {
      ExpertUse use = ExpertUse.reading(model, new int[] {5, 20, 17, 3, 99, 41, 7}, 4);
      for (long[] counts : use.tokens().values()) {
        assertThat(LongStream.of(counts).sum()).isEqualTo(14);
      }
    }
  }

  @Test
  void refusesByName() {
    assertRefused("mixtral", new Trim.Keep(1), "2 are awake; 1 cannot stay");
    assertRefused("mixtral", new Trim.Keep(99), "99 cannot stay");
    assertRefused("deepseek_v3", new Trim.Keep(5), "do not fit the gate's rule");
    assertRefused("gpt_oss", new Trim.Merge(4, true), "have biases");
    assertRefused("llama", new Trim.Keep(1), "cannot stay");
    assertRefused("mamba", new Trim.Keep(1), "has no experts");
  }

  private void assertRefused(String family, Trim.Aim aim, String why) {
    Path in = GOLDEN.resolve(family);
    assertThatThrownBy(
            () -> Trim.folder(in, folder.resolve("refused"), rising(in), aim, (_, _, _) -> {}))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining(why);
    assertThat(folder.resolve("refused")).doesNotExist();
  }
}
