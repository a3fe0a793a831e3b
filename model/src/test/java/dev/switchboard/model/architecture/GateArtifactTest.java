package dev.switchboard.model.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class GateArtifactTest {
  private static final String GATE_1 = "model.layers.1.moe.gate.weight";

  @TempDir Path folder;

  @Test
  void roundTripsAndLiesOverTheModelsOwn() {
    Path model = TinyModels.seeded(1).write(folder.resolve("model"));
    Path gate = folder.resolve("gate");
    gates(0.25f).write(gate);

    GateArtifact read = GateArtifact.read(gate);
    assertThat(read.modelFingerprint()).isEqualTo("abc");
    assertThat(read.metrics().get("loss").doubleValue()).isEqualTo(1.5);
    try (Checkpoint own = Checkpoint.open(model)) {
      ModelPlan plan = Architectures.plan(own);
      Checkpoint over = read.over(own, plan, "abc");
      assertThat(over.tensor(GATE_1, 4, 24).toFloats()).containsOnly(0.25f);
      assertThat(own.tensor(GATE_1, 4, 24).toFloats()).doesNotContain(0.25f);
      assertThat(over.names()).isEqualTo(own.names());
      assertThat(Architectures.plan(over)).isEqualTo(plan);
    }
  }

  @Test
  void refusesAGateOfAnotherModelOrShape() throws IOException {
    Path model = TinyModels.seeded(1).write(folder.resolve("model"));
    try (Checkpoint own = Checkpoint.open(model)) {
      ModelPlan plan = Architectures.plan(own);
      assertThatThrownBy(() -> gates(1f).over(own, plan, "def"))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContainingAll("gate.json", "abc", "def");
      Map<String, Tensor> missing = new LinkedHashMap<>(gates(1f).tensors());
      missing.remove(GATE_1);
      assertThatThrownBy(() -> artifact(missing).over(own, plan, "abc"))
          .hasMessageContainingAll("gate.safetensors", GATE_1, "missing");
      Map<String, Tensor> misshapen = new LinkedHashMap<>(gates(1f).tensors());
      misshapen.put(GATE_1, GateArtifact.tensor(GATE_1, new long[] {3, 24}, new float[72]));
      assertThatThrownBy(() -> artifact(misshapen).over(own, plan, "abc"))
          .hasMessageContainingAll(GATE_1, "[3, 24]", "[4, 24]");
      Map<String, Tensor> foreign = new LinkedHashMap<>(gates(1f).tensors());
      foreign.put(
          "model.final_norm.weight",
          GateArtifact.tensor("model.final_norm.weight", new long[] {24}, new float[24]));
      assertThatThrownBy(() -> artifact(foreign).over(own, plan, "abc"))
          .hasMessageContainingAll("model.final_norm.weight", "no place");
    }
  }

  @Test
  void refusesADirectoryThatIsNone() throws IOException {
    assertThatThrownBy(() -> GateArtifact.read(folder.resolve("absent")))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("absent", "no such gate directory");
    Path gate = folder.resolve("gate");
    gates(1f).write(gate);
    Files.writeString(
        gate.resolve("gate.json"), "{\"format\": \"switchboard-gate\", \"version\": 2}");
    assertThatThrownBy(() -> GateArtifact.read(gate))
        .hasMessageContainingAll("gate.json", "version is 2");
    Files.writeString(gate.resolve("gate.json"), "{\"format\": \"other\", \"version\": 1}");
    assertThatThrownBy(() -> GateArtifact.read(gate))
        .hasMessageContainingAll("gate.json", "other", "switchboard-gate");
  }

  private static GateArtifact gates(float value) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (int layer = 0; layer < 2; layer++) {
      float[] values = new float[4 * 24];
      Arrays.fill(values, value);
      String gate = "model.layers." + layer + ".moe.gate.";
      tensors.put(
          gate + "weight", GateArtifact.tensor(gate + "weight", new long[] {4, 24}, values));
      tensors.put(
          gate + "decay", GateArtifact.tensor(gate + "decay", new long[] {1}, new float[] {0.9f}));
    }
    return artifact(tensors);
  }

  private static GateArtifact artifact(Map<String, Tensor> tensors) {
    return new GateArtifact(
        Path.of("memory"), "abc", JsonNodeFactory.instance.objectNode().put("loss", 1.5), tensors);
  }
}
