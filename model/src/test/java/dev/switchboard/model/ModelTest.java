package dev.switchboard.model;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.architecture.GateAbout;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ModelTest {
  @TempDir Path folder;

  @Test
  void fingerprintNamesTheContent() throws IOException {
    Path a = TinyModels.seeded(1).write(Files.createDirectory(folder.resolve("a")));
    Path same = TinyModels.seeded(1).write(Files.createDirectory(folder.resolve("b")));
    Path other = TinyModels.seeded(2).write(Files.createDirectory(folder.resolve("c")));
    assertThat(fingerprint(a)).hasSize(32).isEqualTo(fingerprint(same));
    assertThat(fingerprint(other)).isNotEqualTo(fingerprint(a));
    Path config = same.resolve("config.json");
    Files.writeString(config, Files.readString(config).replace("1.0E-5", "1.0E-6"));
    assertThat(fingerprint(same)).isNotEqualTo(fingerprint(a));
  }

  private static String fingerprint(Path directory) {
    try (Model model = Model.open(directory)) {
      return model.fingerprint();
    }
  }

  @Test
  void aGateLaidOverChangesRoutingButNotTheModel() {
    Path directory = TinyModels.seeded(1).write(folder);
    Path gate = folder.resolve("gate");
    String fingerprint = fingerprint(directory);
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int i = 0; i < 2; i++) {
      // Only the last expert's column ever wins: its weights follow u's sign by being huge and
      // equal.
      String prefix = "model.layers." + i + ".moe.gate.";
      float[] weights = new float[4 * 24];
      weights[3 * 24] = 1000f;
      weights[2 * 24] = -1000f;
      tensors.put(
          prefix + "weight", GateArtifact.tensor(prefix + "weight", new long[] {4, 24}, weights));
      tensors.put(
          prefix + "decay", GateArtifact.tensor(prefix + "decay", new long[] {1}, new float[] {0}));
    }
    GateArtifact artifact =
        new GateArtifact(gate, GateAbout.of(fingerprint, 4, "by hand"), tensors);
    artifact.write(gate);
    try (Model model = Model.open(directory, Optional.of(gate))) {
      assertThat(model.fingerprint()).isEqualTo(fingerprint);
      ForwardPass pass = new ForwardPass(model.trunk(), model.localExperts());
      int[] tokens = {1, 2, 3, 4, 5, 6, 7};
      StepResult result =
          pass.run(List.of(new StepSegment(model.trunk().newSequence(1), tokens, false)));
      assertThat(result.choices().getFirst().experts()).containsOnly(2, 3);
    }
  }

  @Test
  void whatExpertsCostIsKnownWithoutLoadingThem() {
    for (TinyModels tiny : List.of(TinyModels.seeded(1), TinyModels.seeded(1).mambaExperts())) {
      try (Model model = Model.open(tiny.write(folder))) {
        for (ExpertLayer layer : model.expertLayers()) {
          Expert loaded = model.loadExpert(layer.layer(), layer.experts() - 1);
          assertThat(layer.multiplyAddsPerRow()).isEqualTo(loaded.multiplyAddsPerRow());
          assertThat(layer.width()).isEqualTo(loaded.dModel());
          assertThat(layer.stateful()).isEqualTo(loaded.stateful());
          assertThat(layer.activationBlock()).isEqualTo(loaded.activationBlock());
        }
      }
    }
  }

  @Test
  void expertsAreFoundByLayerAndIndex() {
    try (Model model = Model.open(TinyModels.seeded(1).write(folder))) {
      assertThat(model.moeLayers()).containsExactly(0, 1);
      assertThat(model.experts(1)).isEqualTo(4);
      assertThat(model.expertName(2)).isEqualTo(model.plan().expertNames().get(2));
      assertThat(model.expertName(44)).isEqualTo("expert-44");
      assertThat(model.loadExpert(1, 3).dModel()).isEqualTo(24);
      assertThatThrownBy(() -> model.loadExpert(1, 4)).hasMessage("expert 4 of layer 1; it has 4");
      assertThatThrownBy(() -> model.loadExpert(4, 0)).hasMessageContaining("[0, 1]");
      assertThat(model.tokenizer()).isSameAs(model.tokenizer());
      assertThat(model.trunk()).isSameAs(model.trunk());
    }
  }

  @Test
  void loadedPartsOutliveTheFiles() {
    Model model = Model.open(TinyModels.seeded(1).bf16().write(folder));
    Trunk trunk = model.trunk();
    ForwardPass pass = new ForwardPass(trunk, model.localExperts());
    model.close();
    StepResult result =
        pass.run(List.of(new StepSegment(trunk.newSequence(1), new int[] {1, 2}, true)));
    assertThat(result.failures()).isEmpty();
  }

  @Test
  void aDirectoryWithoutModelIsNamed() {
    assertThatThrownBy(() -> Model.open(folder.resolve("none")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("none");
  }
}
