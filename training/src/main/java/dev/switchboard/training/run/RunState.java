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
import java.util.LinkedHashMap;
import java.util.Map;

/**
 * All that a run needs to go on as if it had never stopped: one file of tensors, with the place in
 * its metadata.
 */
final class RunState {
  private static final String FILE = "checkpoint.safetensors";
  private static final ObjectMapper JSON = new ObjectMapper();

  private RunState() {}

  /**
   * Where a run stands.
   *
   * @param phase 0: joint, 1: experts alone
   * @param step steps of this phase that are done
   * @param seconds time that this phase has used
   * @param batches batches that the run has read in all
   */
  record Place(int phase, long step, double seconds, long batches) {
    static final Place START = new Place(0, 0, 0, 0);
  }

  static void write(Path directory, Place place, Weights weights, Map<String, NDArray> moments)
      throws IOException {
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    weights.leaves().forEach((name, leaf) -> put(tensors, "weight." + name, leaf));
    moments.forEach((name, leaf) -> put(tensors, "moment." + name, leaf));
    SafetensorsWriter.write(
        directory.resolve(FILE), tensors, Map.of("place", JSON.writeValueAsString(place)));
  }

  static boolean exists(Path directory) {
    return Files.isRegularFile(directory.resolve(FILE));
  }

  static Place place(Path directory) throws IOException {
    try (SafetensorsFile file = SafetensorsFile.open(directory.resolve(FILE))) {
      return JSON.readValue(file.metadata().get("place"), Place.class);
    }
  }

  static void readWeights(Path directory, Weights weights) {
    try (SafetensorsFile file = SafetensorsFile.open(directory.resolve(FILE))) {
      file.tensors()
          .forEach((name, tensor) -> {
            if (name.startsWith("weight.")) {
              long[] shape = tensor.shape().stream().mapToLong(Long::longValue).toArray();
              weights.put(
                  name.substring("weight.".length()),
                  new Values(tensor.toFloats(), new Shape(shape)),
                  true);
            }
          });
    }
  }

  static void readMoments(Path directory, Map<String, NDArray> moments) {
    try (SafetensorsFile file = SafetensorsFile.open(directory.resolve(FILE))) {
      moments.forEach((name, leaf) -> {
        Tensor tensor = file.tensors().get("moment." + name);
        if (tensor != null) {
          leaf.set(FloatBuffer.wrap(tensor.toFloats()));
        }
      });
    }
  }

  private static void put(Map<String, Tensor> tensors, String name, NDArray leaf) {
    tensors.put(
        name,
        SafetensorsWriter.of(name, DType.F32, leaf.getShape().getShape(), leaf.toFloatArray()));
  }
}
