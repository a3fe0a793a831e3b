package dev.switchboard.training.gate;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.Model;
import dev.switchboard.model.RoutingTrace;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.tokenizer.Tokenizer;
import dev.switchboard.training.files.ModelDirectory;
import dev.switchboard.training.twin.HuggingFaceLayout;
import dev.switchboard.training.twin.TinyTwin;
import dev.switchboard.training.twin.Torch;
import dev.switchboard.training.twin.TrainableModel;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/**
 * The twin and the served model are the same function: token by token here, whole sequences there.
 */
class ParityTest {
  private static final double TIE = 1e-4;
  private static final float TOLERANCE = 1e-4f; // absolute
  private static final double MOST_TIES = 0.005;

  private static final List<String> TEXTS =
      List.of(
          """
          def mean(values):
              total = 0.0
              for value in values:
                  total += value
              return total / len(values)


          class Counter:
              def __init__(self, start=0):
                  self.count = start

              def increment(self, by=1):
                  self.count += by
                  return self.count
          """,
          """
          The house stood at the end of a long road, and nobody had lived there for many years. In the
          evening, when the light went, the children of the village said that they could hear a voice.
          """,
          """
          /** Adds two numbers. */
          public static int add(int left, int right) {
            return Math.addExact(left, right);
          }
          """,
          "{\"name\": \"switch\", \"version\": 3, \"tags\": [\"red\", \"green\"], \"size\": {\"width\": 12}}",
          "これは短い文章です。設定ファイルを開いて、値を変更してください。",
          "\\begin{lemma} Let $R$ be a ring. Then every ideal of $R$ is finitely generated. \\end{lemma}");

  @TempDir private Path folder;

  @Test
  void aTinyModelGivesTheSameLogits() throws IOException {
    compareTiny(TinyTwin.CONFIG);
  }

  /** The served experts see their own tokens alone, one by one; the twin scans the sequence. */
  @Test
  void aModelWhoseExpertsKeepAStateGivesTheSameLogits() throws IOException {
    compareTiny(TinyTwin.MAMBA);
  }

  private void compareTiny(TwinConfig config) throws IOException {
    var weights = TinyTwin.weights(config, 11);
    JsonFiles.write(folder.resolve("config.json"), ModelDirectory.config(config));
    SafetensorsWriter.write(
        folder.resolve("model.safetensors"),
        HuggingFaceLayout.export(config, name -> Objects.requireNonNull(weights.get(name), name)),
        Map.of());
    assertThat(ModelDirectory.readConfig(folder)).isEqualTo(config);
    compare(folder, new SplittableRandom(4).ints(192, 0, config.vocab()).toArray());
  }

  @Test
  void theEmbeddedModelGivesTheSameLogits() throws IOException {
    Path model =
        Path.of(System.getProperty("switchboard.home", "..")).resolve("models/switchboard-mini");
    assumeThat(Files.isRegularFile(model.resolve("model.safetensors"))).isTrue();
    try (Tokenizer tokenizer = Tokenizer.open(model.resolve("tokenizer.json"))) {
      int[] tokens = tokenizer.encode(String.join("\n", TEXTS));
      // The twin reads whole chunks of 64.
      compare(model, Arrays.copyOf(tokens, tokens.length / 64 * 64));
    }
  }

  private static void compare(Path directory, int[] tokens) throws IOException {
    try (Model model = Model.open(directory)) {
      float[][] served = new float[tokens.length][];
      RoutingTrace[] choices = new RoutingTrace[tokens.length];
      serve(model, tokens, served, choices);
      compareWithTwin(directory, tokens, served, choices);
    }
  }

  private static void serve(Model model, int[] tokens, float[][] logits, RoutingTrace[] choices) {
    ForwardPass pass = new ForwardPass(model.trunk(), model.localExperts());
    try (SequenceState sequence = model.trunk().newSequence(1)) {
      for (int t = 0; t < tokens.length; t++) {
        StepResult result =
            pass.run(List.of(new StepSegment(sequence, new int[] {tokens[t]}, true)));
        assertThat(result.failures()).isEmpty();
        logits[t] = result.logits()[0];
        choices[t] = result.choices().getFirst();
      }
    }
  }

  private static void compareWithTwin(
      Path directory, int[] tokens, float[][] served, RoutingTrace[] choices) throws IOException {
    TwinConfig config = ModelDirectory.readConfig(directory);
    Torch.start();
    Torch.recording(false);
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        Weights weights = new Weights(manager);
        Checkpoint checkpoint = Checkpoint.open(directory)) {
      HuggingFaceLayout.load(config, checkpoint)
          .forEach((name, values) -> weights.put(name, values, false));
      Forced router = new Forced(manager, tokens.length, choices);
      long[] ids = new long[tokens.length];
      for (int t = 0; t < ids.length; t++) {
        ids[t] = tokens[t];
      }
      NDArray hidden =
          new TrainableModel(config)
              .hidden(weights.bind(manager), manager.create(ids, new Shape(1, ids.length)), router);
      assertThat(router.woken()).as("experts that were chosen").isGreaterThan(1);
      float[] twin = hidden.matMul(weights.leaf("embed").transpose()).toFloatArray();
      for (int t = 0; t < served.length; t++) {
        float worst = 0;
        for (int v = 0; v < config.vocab(); v++) {
          worst = Math.max(worst, Math.abs(twin[t * config.vocab() + v] - served[t][v]));
        }
        assertThat(worst).as("logits after token %d", t).isLessThan(TOLERANCE);
      }
      assertThat((double) router.ties)
          .isLessThanOrEqualTo(MOST_TIES * ids.length * config.layers());
    } finally {
      Torch.recording(true);
    }
  }

  /**
   * Takes the served model's choice where the two best are equally good, and counts how often that
   * mattered.
   */
  private static final class Forced extends GatedRouter {
    private final RoutingTrace[] choices;
    private int ties;

    Forced(NDManager manager, int length, RoutingTrace[] choices) {
      super(manager, 1, length, GatePoint.of(new float[0], 1));
      this.choices = choices;
    }

    /** How many different experts there were. */
    long woken() {
      return choices().stream()
          .flatMapToLong(layer -> Arrays.stream(layer.toLongArray()))
          .distinct()
          .count();
    }

    @Override
    NDArray choose(int layer, NDArray g) {
      long[] own = g.argMax(1).toLongArray();
      float[] logits = g.toFloatArray();
      int experts = logits.length / own.length;
      for (int t = 0; t < own.length; t++) {
        int served = choices[t].expert(0, layer, 0);
        if (served != own[t]) {
          double gap = logits[t * experts + (int) own[t]] - logits[t * experts + served];
          assertThat(gap).as("token %d, layer %d", t, layer).isLessThan(TIE);
          own[t] = served;
          ties++;
        }
      }
      return g.getManager().create(own);
    }
  }
}
