package dev.switchboard.model.architecture;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.SafetensorsFile;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.checkpoint.TensorDigest;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The gates of all layers by themselves: a directory with {@code gate.safetensors} and {@code
 * gate.json}, laid over a model's own gates. Any family's whose plan has gates: matrices, and where
 * there are some, biases, decays and corrections.
 *
 * @param source the directory, for messages
 * @param tensors by name; their data are in memory, no file stays open
 */
public record GateArtifact(Path source, GateAbout about, Map<String, Tensor> tensors) {
  /** Instead of a version: the gates that a model's own files bring. */
  public static final String OWN = "own";

  static final String WEIGHTS = "gate.safetensors";
  static final String MANIFEST = "gate.json";

  private static final int VERSION_DIGITS = 16;

  public GateArtifact {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
  }

  /** Names the gates by their content, 16 hex digits: equal gates, equal versions. */
  public String version() {
    return TensorDigest.hex("switchboard-gate-2", tensors).substring(0, VERSION_DIGITS);
  }

  /** Bytes of the numbers. */
  public long bytes() {
    return tensors.values().stream().mapToLong(Tensor::byteSize).sum();
  }

  /**
   * Reads a gate directory.
   *
   * @throws CheckpointException if there is none, its files are not sound, or one of them is not of
   *     the other: half written, cut short, changed
   */
  public static GateArtifact read(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new CheckpointException(directory + ": no such gate directory");
    }
    Path manifest = directory.resolve(MANIFEST);
    GateManifest said = GateManifest.read(manifest);
    Path weights = directory.resolve(WEIGHTS);
    try (SafetensorsFile file = SafetensorsFile.open(weights)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>();
      file.tensors().forEach((name, tensor) -> tensors.put(name, tensor.inMemory()));
      GateArtifact gate = new GateArtifact(directory, said.about(), tensors);
      if (!gate.version().equals(said.version())) {
        throw CheckpointException.in(
            weights,
            "these are gates of version %s; expected %s, as %s says: one of the two files is of other gates, or was changed",
            gate.version(),
            said.version(),
            MANIFEST);
      }
      return gate;
    }
  }

  /**
   * Writes the directory, each file whole or not at all; the manifest last, and only it makes the
   * directory one of gates. What there was is replaced.
   *
   * @throws CheckpointException if it cannot be written
   */
  public void write(Path directory) {
    SafetensorsWriter.write(
        directory.resolve(WEIGHTS), tensors, Map.of("format", GateManifest.FORMAT));
    new GateManifest(version(), about).write(directory.resolve(MANIFEST));
  }

  /**
   * The model's checkpoint with these gates in place of its own. It has all gate tensors of the
   * plan and no other.
   *
   * @param fingerprint of the model as it was opened, without a gate laid over it
   * @throws CheckpointException if the gate was made for another model or another number of
   *     experts, or a tensor is missing, misshapen, not finite or no gate's
   */
  public Checkpoint over(Checkpoint model, ModelPlan plan, String fingerprint) {
    Path manifest = source.resolve(MANIFEST);
    if (!about.model().equals(fingerprint)) {
      throw CheckpointException.in(
          manifest,
          "this gate was made for the model %s; expected %s, which is %s",
          about.model(),
          fingerprint,
          model.path());
    }
    if (about.experts() != experts(plan)) {
      throw CheckpointException.in(
          manifest,
          "this gate chooses from %s experts; expected %s, which the model has",
          about.experts(),
          experts(plan));
    }
    Checkpoint gates = Checkpoint.ofTensors(source.resolve(WEIGHTS), tensors);
    TensorTable.check(present(plan), List.of(), gates);
    GateDecay.check(gates, plan);
    tensors.forEach((name, tensor) -> gates.requireFinite(name, 0, tensor.elements()));
    return model.with(gates);
  }

  /** Experts of the layer that has most; 0 in a model without gates. */
  public static int experts(ModelPlan plan) {
    return plan.layers().stream()
        .flatMap(layer -> layer.moe().stream())
        .filter(moe -> moe.gate().isPresent())
        .mapToInt(FeedPlan.Moe::experts)
        .max()
        .orElse(0);
  }

  /** The tensors of all gates of a plan. */
  public static List<PlanTensors.Wanted> wanted(ModelPlan plan) {
    return plan.layers().stream()
        .flatMap(layer -> layer.moe().stream())
        .flatMap(moe -> moe.gate().stream())
        .flatMap(gate -> PlanTensors.ofGate(gate).stream())
        .toList();
  }

  /** Those that these gates must have: all of the plan's, and the corrections that they bring. */
  private List<PlanTensors.Wanted> present(ModelPlan plan) {
    Map<String, PlanTensors.Wanted> all = new LinkedHashMap<>();
    wanted(plan).forEach(wanted -> all.put(wanted.name(), wanted));
    for (LayerPlan layer : plan.layers()) {
      layer
          .moe()
          .flatMap(FeedPlan.Moe::gate)
          .ifPresent(gate -> {
            String name = correctionOf(gate);
            if (tensors.containsKey(name)) {
              long experts = gate.weight().weight().rows().count();
              all.putIfAbsent(name, new PlanTensors.Wanted(name, List.of(experts), false, false));
            }
          });
    }
    return List.copyOf(all.values());
  }

  /**
   * Name of the correction that gates may bring for a layer, {@code [experts]}, added to the scores
   * for the choice alone: the plan's, or the name of the gate's matrix with another last part.
   */
  public static String correctionOf(GatePlan gate) {
    return gate.correctionBias()
        .orElseGet(() -> {
          String weight = gate.weight().weight().tensorOf(0);
          return weight.substring(0, weight.lastIndexOf('.') + 1) + "correction_bias";
        });
  }

  /**
   * The gates that a model's own files bring.
   *
   * @throws CheckpointException if one is missing or misshapen
   */
  public static GateArtifact ofModel(Checkpoint model, ModelPlan plan, String fingerprint) {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (PlanTensors.Wanted wanted : wanted(plan)) {
      long[] shape = wanted.shape().stream().mapToLong(Long::longValue).toArray();
      tensors.put(wanted.name(), model.tensor(wanted.name(), shape).inMemory());
    }
    GateAbout about = GateAbout.of(fingerprint, experts(plan), "the model's own");
    return new GateArtifact(model.path(), about, tensors);
  }

  /** A gate tensor from values; always F32. */
  public static Tensor tensor(String name, long[] shape, float[] values) {
    return SafetensorsWriter.of(name, DType.F32, shape, values);
  }
}
