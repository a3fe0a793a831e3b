package dev.switchboard.model.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.checkpoint.SafetensorsFile;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The gates of all layers by themselves: a directory with {@code gate.safetensors} and {@code
 * gate.json}, laid over a model's own gates.
 *
 * @param source the directory, for messages
 * @param modelFingerprint of the model that the gate was trained for
 * @param metrics of its training, as JSON
 * @param tensors by name; their data are in memory, no file stays open
 */
public record GateArtifact(
    Path source, String modelFingerprint, JsonNode metrics, Map<String, Tensor> tensors) {
  private static final String WEIGHTS = "gate.safetensors";
  private static final String MANIFEST = "gate.json";
  private static final String FORMAT = "switchboard-gate";
  private static final int VERSION = 1;

  public GateArtifact {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /**
   * Reads a gate directory.
   *
   * @throws CheckpointException if there is none or its files are not sound
   */
  public static GateArtifact read(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new CheckpointException(directory + ": no such gate directory");
    }
    Path manifest = directory.resolve(MANIFEST);
    JsonNode json = JsonFiles.readObject(manifest);
    ConfigReader reader = new ConfigReader(manifest, json);
    if (!reader.text("format").equals(FORMAT)) {
      throw reader.error("format", reader.text("format"), FORMAT);
    }
    reader.integer("version", VERSION, VERSION);
    try (SafetensorsFile file = SafetensorsFile.open(directory.resolve(WEIGHTS))) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      file.tensors().forEach((name, tensor) -> tensors.put(name, tensor.inMemory()));
      return new GateArtifact(
          directory, reader.text("model_fingerprint"), json.path("metrics"), tensors);
    }
  }

  /**
   * Writes the directory; weights first, so that a manifest never stands without them.
   *
   * @throws CheckpointException if it cannot be written
   */
  public void write(Path directory) {
    SafetensorsWriter.write(directory.resolve(WEIGHTS), tensors, Map.of("format", FORMAT));
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("format", FORMAT);
    json.put("version", VERSION);
    json.put("model_fingerprint", modelFingerprint);
    json.set("metrics", metrics);
    JsonFiles.write(directory.resolve(MANIFEST), json);
  }

  /**
   * The model's checkpoint with these gates in place of its own. It has all gate tensors of the
   * plan and no other.
   *
   * @param fingerprint of the model as it was opened, without a gate laid over it
   * @throws CheckpointException if the gate was trained for another model, or a tensor is missing,
   *     misshapen, not finite or no gate's
   */
  public Checkpoint over(Checkpoint model, ModelPlan plan, String fingerprint) {
    if (!modelFingerprint.equals(fingerprint)) {
      throw CheckpointException.in(
          source.resolve(MANIFEST),
          "this gate was trained for the model %s; expected %s, which is %s",
          modelFingerprint,
          fingerprint,
          model.path());
    }
    Checkpoint gates = Checkpoint.ofTensors(source.resolve(WEIGHTS), tensors);
    List<PlanTensors.Wanted> wanted =
        plan.layers().stream()
            .flatMap(layer -> layer.moe().stream())
            .flatMap(moe -> moe.gate().stream())
            .flatMap(gate -> PlanTensors.ofGate(gate).stream())
            .toList();
    TensorTable.check(wanted, List.of(), gates);
    GateDecay.check(gates, plan);
    return model.with(gates);
  }

  /** A gate tensor from values; always F32. */
  public static Tensor tensor(String name, long[] shape, float[] values) {
    return SafetensorsWriter.of(name, DType.F32, shape, values);
  }
}
