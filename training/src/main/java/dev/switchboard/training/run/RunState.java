package dev.switchboard.training.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.SafetensorsFile;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.training.twin.Weights;
import dev.switchboard.training.twin.Weights.Values;
import java.io.IOException;
import java.nio.FloatBuffer;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All that a run needs to go on as if it had never stopped: one file of tensors, with the place in
 * its metadata. It is renamed into place when it is whole, so a reader finds the newest whole one.
 */
final class RunState {
  private static final String FILE = "checkpoint.safetensors";
  private static final ObjectMapper JSON = new ObjectMapper();

  private final Path file;
  private final Map<String, String> identity;

  /**
   * @param identity what the run depends on, by name; a checkpoint of another run is refused
   */
  RunState(Path directory, Map<String, String> identity) {
    file = directory.resolve(FILE);
    this.identity = Map.copyOf(identity);
  }

  /**
   * Where a run stands.
   *
   * @param phase 0: joint, 1: experts alone
   * @param step steps of this phase that are done
   * @param seconds time that this phase has used
   * @param batches batches that the run has read in all
   * @param tokens tokens that the run has read in all
   * @param used part of the phase's budget that is used
   */
  record Place(int phase, long step, double seconds, long batches, long tokens, double used) {
    static final Place START = new Place(0, 0, 0, 0, 0, 0);

    Place phase(int next) {
      return new Place(next, 0, 0, batches, tokens, 0);
    }
  }

  void write(Place place, Weights weights, Map<String, NDArray> moments) throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    weights.leaves().forEach((name, leaf) -> put(tensors, "weight." + name, leaf));
    moments.forEach((name, leaf) -> put(tensors, "moment." + name, leaf));
    Map<String, String> metadata = new LinkedHashMap<>();
    identity.forEach((name, value) -> metadata.put("run." + name, value));
    metadata.put("place", JSON.writeValueAsString(place));
    SafetensorsWriter.write(file, tensors, metadata);
  }

  boolean exists() {
    return Files.isRegularFile(file);
  }

  /**
   * Where the kept run stands.
   *
   * @throws IOException if it is another run than this one
   */
  Place place() throws IOException {
    try (SafetensorsFile in = SafetensorsFile.open(file)) {
      for (Map.Entry<String, String> mine : identity.entrySet()) {
        String theirs = in.metadata().get("run." + mine.getKey());
        if (!mine.getValue().equals(theirs)) {
          throw new IOException(
              "%s is of another run: its %s is %s, here it is %s"
                  .formatted(file, mine.getKey(), theirs, mine.getValue()));
        }
      }
      String place = in.metadata().get("place");
      if (place == null) {
        throw new IOException(file + " is no checkpoint of a training run: it has no place");
      }
      return JSON.readValue(place, Place.class);
    }
  }

  void readWeights(Weights weights) throws IOException {
    Map<String, Shape> shapes = new LinkedHashMap<>();
    weights.leaves().forEach((name, leaf) -> shapes.put(name, leaf.getShape()));
    try (SafetensorsFile in = SafetensorsFile.open(file)) {
      for (Map.Entry<String, Shape> entry : shapes.entrySet()) {
        float[] numbers = numbers(in, "weight." + entry.getKey(), entry.getValue());
        weights.put(entry.getKey(), new Values(numbers, entry.getValue()), true);
      }
    }
  }

  void readMoments(Map<String, NDArray> moments) throws IOException {
    try (SafetensorsFile in = SafetensorsFile.open(file)) {
      for (Map.Entry<String, NDArray> entry : moments.entrySet()) {
        NDArray leaf = entry.getValue();
        float[] numbers = numbers(in, "moment." + entry.getKey(), leaf.getShape());
        leaf.set(FloatBuffer.wrap(numbers));
      }
    }
  }

  private float[] numbers(SafetensorsFile in, String name, Shape shape) throws IOException {
    Tensor tensor = in.tensors().get(name);
    if (tensor == null) {
      throw new IOException(file + " has no tensor " + name);
    }
    long[] found = tensor.shape().stream().mapToLong(Long::longValue).toArray();
    if (!Arrays.equals(found, shape.getShape())) {
      throw new IOException(
          file + ": " + name + " has the shape " + tensor.shape() + ", expected " + shape);
    }
    return tensor.toFloats();
  }

  private static void put(Map<String, Tensor> tensors, String name, NDArray leaf) {
    tensors.put(
        name,
        SafetensorsWriter.of(name, DType.F32, leaf.getShape().getShape(), leaf.toFloatArray()));
  }
}
