package dev.switchboard.model.architecture;

import static java.nio.file.StandardCopyOption.REPLACE_EXISTING;
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
    assertThat(read.about().model()).isEqualTo("abc");
    assertThat(read.about().parent()).isEqualTo("0123456789abcdef");
    assertThat(read.about().metrics().get("loss").doubleValue()).isEqualTo(1.5);
    assertThat(read.version()).isEqualTo(gates(0.25f).version());
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
    refused(
        gate, "{\"format\": \"switchboard-gate\", \"format_version\": 3}", "format_version is 3");
    refused(gate, "{\"format\": \"other\", \"format_version\": 2}", "other");
    refused(
        gate, "{\"format\": \"switchboard-gate\", \"version\": 1}", "format_version is missing");
  }

  @Test
  void refusesWhatIsHalfWrittenCutShortOrChanged() throws IOException {
    Path gate = folder.resolve("gate");
    gates(1f).write(gate);
    Path weights = gate.resolve("gate.safetensors");
    byte[] whole = Files.readAllBytes(weights);
    String manifest = Files.readString(gate.resolve("gate.json"));

    gates(2f).write(folder.resolve("other"));
    Files.copy(folder.resolve("other/gate.safetensors"), weights, REPLACE_EXISTING);
    assertThatThrownBy(() -> GateArtifact.read(gate))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("gate.safetensors", gates(2f).version(), gates(1f).version());

    byte[] changed = whole.clone();
    changed[changed.length - 1] ^= 1;
    Files.write(weights, changed);
    assertThatThrownBy(() -> GateArtifact.read(gate)).hasMessageContaining("was changed");
    for (int length : new int[] {0, 7, 40, whole.length - 1}) {
      Files.write(weights, Arrays.copyOf(whole, length));
      assertThatThrownBy(() -> GateArtifact.read(gate))
          .as("%d bytes", length)
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining("gate.safetensors");
    }

    Files.write(weights, whole);
    refused(gate, manifest.substring(0, manifest.length() / 2), "not valid JSON");
    refused(gate, manifest.replace(gates(1f).version(), "../../etc"), "version is");
    refused(gate, manifest.replace("\"experts\" : 4", "\"experts\" : -4"), "experts is -4");
    refused(gate, manifest.replace("\"time\" : \"", "\"time\" : \"at "), "time is");
    Files.delete(gate.resolve("gate.json"));
    assertThatThrownBy(() -> GateArtifact.read(gate)).hasMessageContaining("gate.json");
  }

  private static void refused(Path gate, String manifest, String because) throws IOException {
    Files.writeString(gate.resolve("gate.json"), manifest);
    assertThatThrownBy(() -> GateArtifact.read(gate))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("gate.json", because);
  }

  @Test
  void theVersionNamesTheNumbersAlone() {
    GateArtifact one = gates(1f);
    assertThat(one.version()).hasSize(16).isEqualTo(gates(1f).version());
    assertThat(gates(1.0000001f).version()).isNotEqualTo(one.version());
    GateAbout other = GateAbout.of("def", 4, "otherwise").from(one.version(), "data");
    assertThat(new GateArtifact(Path.of("x"), other, one.tensors()).version())
        .isEqualTo(one.version());
  }

  @Test
  void aModelsOwnGatesLieOverItWithoutAnyDifference() {
    Path model = TinyModels.seeded(1).write(folder.resolve("model"));
    try (Checkpoint own = Checkpoint.open(model)) {
      ModelPlan plan = Architectures.plan(own);
      GateArtifact gates = GateArtifact.ofModel(own, plan, "abc");
      gates.write(folder.resolve("own"));
      Checkpoint over = GateArtifact.read(folder.resolve("own")).over(own, plan, "abc");
      assertThat(over.tensor(GATE_1, 4, 24).toFloats())
          .isEqualTo(own.tensor(GATE_1, 4, 24).toFloats());
      assertThatThrownBy(() -> gates.over(own, plan, "other")).hasMessageContaining("other");
      GateArtifact five =
          new GateArtifact(Path.of("x"), GateAbout.of("abc", 5, ""), gates.tensors());
      assertThatThrownBy(() -> five.over(own, plan, "abc"))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContainingAll("5 experts", "expected 4");
      Map<String, Tensor> wild = new LinkedHashMap<>(gates.tensors());
      float[] values = new float[96];
      values[7] = Float.NaN;
      wild.put(GATE_1, GateArtifact.tensor(GATE_1, new long[] {4, 24}, values));
      assertThatThrownBy(() -> artifact(wild).over(own, plan, "abc"))
          .hasMessageContainingAll(GATE_1, "NaN");
    }
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
    GateAbout about =
        GateAbout.of("abc", 4, "by hand")
            .from("0123456789abcdef", "texts")
            .measured(JsonNodeFactory.instance.objectNode().put("loss", 1.5));
    return new GateArtifact(Path.of("memory"), about, tensors);
  }
}
