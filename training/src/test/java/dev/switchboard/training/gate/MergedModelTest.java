package dev.switchboard.training.gate;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.Model;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.architecture.GateAbout;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.training.data.ByteTokenizer;
import dev.switchboard.training.files.ModelDirectory;
import dev.switchboard.training.twin.HuggingFaceLayout;
import dev.switchboard.training.twin.TinyTwin;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights.Values;
import java.io.IOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class MergedModelTest {
  private static final TwinConfig CONFIG =
      new TwinConfig(257, 16, 2, 2, 8, 8, 4, 24, 12, List.of("a", "b", "c"));

  @TempDir private Path folder;

  @Test
  void aCorrectionGoesWithTheModelAndDecides() throws IOException {
    Path model = folder.resolve("model");
    SequencedMap<String, Values> weights = TinyTwin.weights(CONFIG, 3);
    ModelDirectory.write(
        model,
        CONFIG,
        name -> Objects.requireNonNull(weights.get(name), name),
        ModelDirectory.json(ByteTokenizer.in(folder)));
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int layer = 0; layer < CONFIG.layers(); layer++) {
      tensors.putAll(
          HuggingFaceLayout.exportGate(
              layer, name -> Objects.requireNonNull(weights.get(name), name)));
      tensors.putAll(HuggingFaceLayout.exportGateBias(layer, new float[] {0, 0, 1000}));
    }
    String fingerprint;
    try (Model opened = Model.open(model)) {
      fingerprint = opened.fingerprint();
    }
    GateAbout about =
        GateAbout.of(fingerprint, CONFIG.expertCount(), "test")
            .measured(JsonNodeFactory.instance.objectNode());
    Path gate = folder.resolve("gate");
    new GateArtifact(gate, about, tensors).write(gate);
    assertThat(chosen(model)).isNotEqualTo(List.of(2, 2));
    MergedModel.write(model, gate, folder.resolve("merged"));
    assertThat(chosen(folder.resolve("merged"))).isEqualTo(List.of(2, 2));
    assertThat(ModelDirectory.readConfig(folder.resolve("merged"))).isEqualTo(CONFIG);
  }

  /** Of the first token, layer by layer. */
  private static List<Integer> chosen(Path directory) {
    try (Model model = Model.open(directory);
        SequenceState sequence = model.trunk().newSequence(1)) {
      StepResult result =
          new ForwardPass(model.trunk(), model.localExperts())
              .run(List.of(new StepSegment(sequence, new int[] {5}, true)));
      return List.of(
          result.choices().getFirst().expert(0, 0, 0), result.choices().getFirst().expert(0, 1, 0));
    }
  }
}
