package dev.switchboard.model.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.JsonFiles;
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
 * One more expert for a model of our family: a directory with {@code config.json}, {@code
 * model.safetensors} (that expert's tensors of every layer), and under {@code gate} a gate with a
 * column for it. The files of the model itself stay as they are.
 *
 * @param source the directory, for messages
 * @param name of its domain
 * @param index of the expert in every layer: the first that the model does not have
 * @param modelFingerprint of the model that it belongs to, without any addition
 * @param metrics of its training, as JSON
 * @param tensors by name; of those that were read from a file the data are mapped as long as they
 *     are held
 * @param fingerprint names it by its content and the model that it belongs to, 16 hex digits
 */
public record AddedExpert(
    Path source,
    String name,
    int index,
    String modelFingerprint,
    JsonNode metrics,
    Map<String, Tensor> tensors,
    String fingerprint) {
  /** Where the gate lies. */
  public static final String GATE = "gate";

  private static final String CONFIG = "config.json";
  private static final String WEIGHTS = "model.safetensors";
  private static final String FORMAT = "switchboard-expert";
  private static final int VERSION = 1;
  private static final int MOST_EXPERTS = 4096;
  private static final int FINGERPRINT_DIGITS = 16;
  private static final String NAME = "[\\p{L}\\p{N}][\\p{L}\\p{N}._+-]{0,63}";

  public AddedExpert {
    tensors = Collections.unmodifiableMap(new LinkedHashMap<>(tensors));
    if (!name.matches(NAME)) {
      throw CheckpointException.in(
          source,
          "an expert cannot be called \"%s\"; expected 1 to 64 letters, digits and . _ + -",
          name);
    }
    String other = ".experts." + index + ".";
    for (String tensor : tensors.keySet()) {
      if (!tensor.contains(other)) {
        throw CheckpointException.in(
            source.resolve(WEIGHTS), "tensor %s is not of expert %s", tensor, index);
      }
    }
  }

  /** An expert that is named by what is given here; all of its numbers are read for that. */
  public AddedExpert(
      Path source,
      String name,
      int index,
      String modelFingerprint,
      JsonNode metrics,
      Map<String, Tensor> tensors) {
    this(
        source,
        name,
        index,
        modelFingerprint,
        metrics,
        tensors,
        digest(name, modelFingerprint, tensors));
  }

  private static String digest(String name, String modelFingerprint, Map<String, Tensor> tensors) {
    String kind = "switchboard-expert-1 " + modelFingerprint + ' ' + name;
    return TensorDigest.hex(kind, tensors).substring(0, FINGERPRINT_DIGITS);
  }

  /**
   * Reads an expert's directory, but its gate.
   *
   * @throws CheckpointException if there is none or its files are not sound
   */
  public static AddedExpert read(Path directory) {
    if (!Files.isDirectory(directory)) {
      throw new CheckpointException(directory + ": no such directory of an expert");
    }
    Path file = directory.resolve(CONFIG);
    JsonNode json = JsonFiles.readObject(file);
    return of(directory, file, json, SafetensorsFile.tensorsOf(directory.resolve(WEIGHTS)));
  }

  /**
   * From what another process has read.
   *
   * @param config the text of its {@code config.json}
   * @param file what it is called in messages
   */
  public static AddedExpert of(
      Path directory, Path file, JsonNode config, Map<String, Tensor> tensors) {
    ConfigReader reader = new ConfigReader(file, config);
    if (!reader.text("format").equals(FORMAT)) {
      throw reader.error("format", reader.text("format"), FORMAT);
    }
    reader.integer("version", VERSION, VERSION);
    AddedExpert expert =
        new AddedExpert(
            directory,
            reader.text("name"),
            reader.integer("index", 1, MOST_EXPERTS),
            reader.text("model_fingerprint"),
            config.path("metrics"),
            tensors);
    if (!expert.fingerprint.equals(reader.text("fingerprint"))) {
      throw CheckpointException.in(
          directory.resolve(WEIGHTS),
          "this is expert %s; expected %s, as %s says: one of the two files is of another expert,"
              + " or was changed",
          expert.fingerprint,
          reader.text("fingerprint"),
          CONFIG);
    }
    return expert;
  }

  /** Its {@code config.json}. */
  public ObjectNode config() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("format", FORMAT);
    json.put("version", VERSION);
    json.put("model_type", SwitchboardArchitecture.MODEL_TYPE);
    json.put("name", name);
    json.put("index", index);
    json.put("model_fingerprint", modelFingerprint);
    json.put("fingerprint", fingerprint);
    json.set("metrics", metrics);
    return json;
  }

  /**
   * Writes the directory, but its gate; weights first, so that a configuration never stands without
   * them.
   *
   * @throws CheckpointException if it cannot be written
   */
  public void write(Path directory) {
    SafetensorsWriter.write(directory.resolve(WEIGHTS), tensors, Map.of("format", FORMAT));
    JsonFiles.write(directory.resolve(CONFIG), config());
  }

  /** Its own gate, in its directory. */
  public GateArtifact gate() {
    return GateArtifact.read(source.resolve(GATE));
  }

  /**
   * The model's checkpoint with this expert and a gate that knows it. {@link Architectures#plan} of
   * it finds tensors that are missing, misshapen or unknown.
   *
   * @param model may have such an expert already
   * @param fingerprint of the model without any addition
   * @throws CheckpointException if the expert or the gate belongs to another model, the model is of
   *     another family, its name is taken, or it is not the next one
   */
  public Checkpoint over(Checkpoint model, GateArtifact gate, String fingerprint) {
    ObjectNode config = configOf(model, fingerprint);
    belongs(gate.source(), "this gate", gate.about().model(), fingerprint, model);
    ConfigReader reader = new ConfigReader(model.path(), config);
    int experts = reader.count("num_experts");
    if (index != experts) {
      throw CheckpointException.in(
          source.resolve(CONFIG),
          "this is expert %s; the model has %s, so the next one is expert %s",
          index,
          experts,
          experts);
    }
    ArrayNode names = JsonNodeFactory.instance.objectNode().putArray("names");
    for (int e = 0; e < experts; e++) {
      String taken = config.path("expert_names").path(e).asText("expert-" + e);
      if (taken.equals(name)) {
        throw CheckpointException.in(
            source.resolve(CONFIG), "the model has an expert called %s already", name);
      }
      names.add(taken);
    }
    config.put("num_experts", experts + 1);
    config.set("expert_names", names.add(name));
    return model
        .with(finite(source.resolve(WEIGHTS), tensors))
        .with(finite(gate.source(), gate.tensors()))
        .configured(config);
  }

  private ObjectNode configOf(Checkpoint model, String fingerprint) {
    belongs(source.resolve(CONFIG), "this expert", modelFingerprint, fingerprint, model);
    ObjectNode config = model.config().deepCopy();
    if (!config.path("model_type").asText().equals(SwitchboardArchitecture.MODEL_TYPE)) {
      throw new ConfigReader(model.path(), config)
          .error("model_type", config.path("model_type"), SwitchboardArchitecture.MODEL_TYPE);
    }
    return config;
  }

  /**
   * This expert alone, to be loaded: its tensors are those of the plan, no gate is asked for.
   *
   * @param plan of the model with room for it; not to be used for anything else
   */
  public record Alone(Checkpoint checkpoint, ModelPlan plan) {}

  /**
   * This expert without a gate, as a part of the model that it belongs to.
   *
   * @param model may have such experts already or not
   * @param fingerprint of the model without any addition
   * @throws CheckpointException if it belongs to another model, the model has an expert of its
   *     index, or a tensor is missing, misshapen, not finite or unknown
   */
  public Alone alone(Checkpoint model, String fingerprint) {
    ObjectNode config = configOf(model, fingerprint);
    int experts = new ConfigReader(model.path(), config).count("num_experts");
    if (index < experts) {
      throw CheckpointException.in(
          source.resolve(CONFIG),
          "this is expert %s; the model has experts 0 to %s of its own",
          index,
          experts - 1);
    }
    config.put("num_experts", index + 1);
    config.remove("expert_names");
    Checkpoint own = finite(source.resolve(WEIGHTS), tensors);
    Checkpoint whole = model.with(own).configured(config);
    ModelPlan plan = Architectures.unchecked(whole);
    List<PlanTensors.Wanted> wanted =
        plan.layers().stream()
            .flatMap(layer -> layer.moe().stream())
            .flatMap(moe -> PlanTensors.ofExpert(moe, index).stream())
            .toList();
    TensorTable.check(wanted, List.of(), own);
    return new Alone(whole, plan);
  }

  /**
   * Most bytes that the tensors of one more expert of a plan can have: all in F32.
   *
   * @param plan that of the model
   */
  public static long mostBytes(ModelPlan plan) {
    return plan.layers().stream()
        .flatMap(layer -> layer.moe().stream())
        .flatMap(moe -> PlanTensors.ofExpert(moe, 0).stream())
        .map(PlanTensors.Wanted::shape)
        .mapToLong(shape -> shape.stream().mapToLong(Long::longValue).reduce(1, (a, b) -> a * b))
        .map(elements -> elements * Float.BYTES)
        .sum();
  }

  private static Checkpoint finite(Path from, Map<String, Tensor> tensors) {
    Checkpoint alone = Checkpoint.ofTensors(from, tensors);
    tensors.forEach((name, tensor) -> alone.requireFinite(name, 0, tensor.elements()));
    return alone;
  }

  private static void belongs(
      Path file, String what, String trainedFor, String fingerprint, Checkpoint model) {
    if (!trainedFor.equals(fingerprint)) {
      throw CheckpointException.in(
          file,
          "%s was trained for the model %s; expected %s, which is %s",
          what,
          trainedFor,
          fingerprint,
          model.path());
    }
  }
}
