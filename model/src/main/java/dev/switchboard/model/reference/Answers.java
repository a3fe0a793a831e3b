package dev.switchboard.model.reference;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.checkpoint.SafetensorsFile;
import dev.switchboard.model.checkpoint.Tensor;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/** The recorded answers of a folder: {@code expected.json} and {@code expected.safetensors}. */
final class Answers implements AutoCloseable {
  static final String TABLE = "expected.json";
  static final String ARRAYS = "expected.safetensors";

  private static final ValueLayout.OfInt INT =
      ValueLayout.JAVA_INT_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  /**
   * One recorded prompt.
   *
   * @param name prefix of its arrays, without the dot
   * @param greedy what was generated after it; empty if that is not recorded
   */
  record Prompt(String name, int[] ids, int[] greedy) {}

  private final Path file;
  private final JsonNode table;
  private final SafetensorsFile arrays;

  private Answers(Path file, JsonNode table, SafetensorsFile arrays) {
    this.file = file;
    this.table = table;
    this.arrays = arrays;
  }

  /** Whether a folder has answers of its own. */
  static boolean in(Path folder) {
    return Files.isRegularFile(folder.resolve(TABLE));
  }

  /** The answers of a folder, or of the one that it is in. */
  static Answers of(Path folder) {
    Path absolute = folder.toAbsolutePath().normalize();
    Path parent = absolute.getParent();
    Path owner = in(absolute) || parent == null ? absolute : parent;
    if (!in(owner)) {
      throw CheckpointException.in(
          folder, "no recorded answers: expected %s here or in the folder above", TABLE);
    }
    Path table = owner.resolve(TABLE);
    return new Answers(
        table, JsonFiles.readObject(table), SafetensorsFile.open(owner.resolve(ARRAYS)));
  }

  String family() {
    return table.path("family").asText("");
  }

  List<Prompt> prompts() {
    List<Prompt> prompts = new ArrayList<>();
    for (JsonNode prompt : table.path("prompts")) {
      prompts.add(
          new Prompt(
              prompt.path("name").asText(), ids(prompt.path("ids")), ids(prompt.path("greedy"))));
    }
    if (prompts.isEmpty()) {
      throw CheckpointException.in(file, "has no prompts");
    }
    return prompts;
  }

  private int[] ids(JsonNode list) {
    int[] ids = new int[list.size()];
    for (int i = 0; i < ids.length; i++) {
      if (!list.get(i).canConvertToInt() || list.get(i).intValue() < 0) {
        throw CheckpointException.in(file, "%s is no token id", list.get(i));
      }
      ids[i] = list.get(i).intValue();
    }
    return ids;
  }

  /** Names of all arrays. */
  Set<String> names() {
    return arrays.tensors().keySet();
  }

  /** An array of floats, if it is recorded. */
  Optional<float[]> floats(String name) {
    return Optional.ofNullable(arrays.tensors().get(name)).map(Tensor::toFloats);
  }

  /** An array of whole numbers, which must be recorded. */
  int[] integers(String name) {
    Tensor tensor = arrays.tensors().get(name);
    if (tensor == null || tensor.dtype() != DType.I32) {
      throw CheckpointException.in(arrays.path(), "tensor %s is missing; expected I32", name);
    }
    return tensor.data().toArray(INT);
  }

  @Override
  public void close() {
    arrays.close();
  }
}
