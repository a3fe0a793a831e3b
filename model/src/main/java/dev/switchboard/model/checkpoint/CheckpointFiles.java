package dev.switchboard.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.stream.Stream;

/**
 * The weight files of one model, opened together: all or none.
 *
 * @param source the table of all tensors, or the file that stands for it: for messages
 * @param tensors each with the file that holds it
 * @param gguf the metadata, if that is the form
 */
record CheckpointFiles(
    Path source,
    List<WeightFile> files,
    Map<String, Located> tensors,
    Optional<GgufMetadata> gguf) {
  /**
   * A tensor and the file that holds it.
   *
   * @param stored its name in that file
   */
  record Located(Tensor tensor, Path file, String stored) {
    Located(Tensor tensor, Path file) {
      this(tensor, file, tensor.name());
    }

    /** What to call it in messages: by both names, if it has two. */
    String label() {
      return stored.equals(tensor.name()) ? stored : stored + " (" + tensor.name() + ")";
    }
  }

  /** See {@link Checkpoint#origin}. */
  Optional<String> origin(Located located) {
    if (located.tensor().isElsewhere()) {
      return Optional.empty();
    }
    for (WeightFile file : files) {
      Tensor whole = file.tensors().get(located.stored());
      if (file.path().equals(located.file()) && whole != null) {
        long first = located.tensor().data().address() - whole.data().address();
        boolean within =
            located.tensor().data().isMapped()
                && first >= 0
                && first <= whole.byteSize() - located.tensor().byteSize();
        return within
            ? Optional.of(file.path().getFileName() + ":" + located.stored() + "+" + first)
            : Optional.empty();
      }
    }
    return Optional.empty();
  }

  static final String CONFIG = "config.json";

  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  /** A directory with one file or an index. */
  static CheckpointFiles openFolder(Path folder) {
    Path single = folder.resolve(SINGLE);
    Path index = folder.resolve(INDEX);
    if (Files.exists(single)) {
      return openFile(single);
    }
    if (!Files.exists(index)) {
      throw CheckpointException.in(
          folder,
          "no model here%s: expected %s or %s%s",
          claim(folder),
          SINGLE,
          INDEX,
          ggufsIn(folder));
    }
    Map<String, Path> placed = readIndex(folder, index);
    return openIndexed(index, placed);
  }

  /** A GGUF file (and its parts), or one safetensors file. */
  static CheckpointFiles openFile(Path path) {
    if (GgufFile.isOne(path)) {
      GgufFile gguf = GgufFile.open(path);
      return new CheckpointFiles(
          path, List.copyOf(gguf.parts()), all(gguf.parts()), Optional.of(gguf.metadata()));
    }
    SafetensorsFile file = SafetensorsFile.open(path);
    return new CheckpointFiles(path, List.of(file), all(List.of(file)), Optional.empty());
  }

  /** What the folder says it is, for whoever took it for a model. */
  private static String claim(Path folder) {
    Path config = folder.resolve(CONFIG);
    return Files.exists(config)
        ? " though %s has model_type \"%s\""
            .formatted(CONFIG, JsonFiles.readObject(config).path("model_type").asText())
        : "";
  }

  private static String ggufsIn(Path folder) {
    try (Stream<Path> entries = Files.list(folder)) {
      List<String> names =
          entries
              .map(entry -> String.valueOf(entry.getFileName()))
              .filter(name -> name.endsWith(".gguf"))
              .sorted()
              .toList();
      return names.isEmpty() ? "" : "; a GGUF file is opened by its own path, here are " + names;
    } catch (IOException _) {
      return "";
    }
  }

  private static Map<String, Path> readIndex(Path folder, Path index) {
    JsonNode weights = JsonFiles.readObject(index).path("weight_map");
    if (!weights.isObject() || weights.isEmpty()) {
      throw new CheckpointException(
          index + ": expected a \"weight_map\" from tensor names to files");
    }
    Map<String, Path> placed = new LinkedHashMap<>();
    for (Map.Entry<String, JsonNode> entry : weights.properties()) {
      String file = entry.getValue().asText();
      // A name from outside must not lead out of the directory.
      if (!entry.getValue().isTextual()
          || !file.endsWith(".safetensors")
          || file.contains("/")
          || file.contains("\\")) {
        throw CheckpointException.in(
            index,
            "tensor %s is in %s; expected the plain name of a .safetensors file",
            entry.getKey(),
            entry.getValue());
      }
      Path shard = folder.resolve(file);
      if (!Files.isRegularFile(shard)) {
        throw CheckpointException.in(
            index, "names %s for tensor %s, but there is no %s", file, entry.getKey(), shard);
      }
      placed.put(entry.getKey(), shard);
    }
    return placed;
  }

  /** Exactly the placed tensors count. */
  private static CheckpointFiles openIndexed(Path index, Map<String, Path> placed) {
    List<WeightFile> files = new ArrayList<>();
    try {
      Map<Path, WeightFile> byPath = new LinkedHashMap<>();
      for (Path file : placed.values().stream().distinct().sorted().toList()) {
        WeightFile opened = SafetensorsFile.open(file);
        files.add(opened);
        byPath.put(file, opened);
      }
      return new CheckpointFiles(index, files, placed(index, placed, byPath), Optional.empty());
    } catch (RuntimeException e) {
      files.forEach(WeightFile::close);
      throw e;
    }
  }

  private static Map<String, Located> all(List<? extends WeightFile> files) {
    Map<String, Located> tensors = new LinkedHashMap<>();
    for (WeightFile file : files) {
      file.tensors().forEach((name, tensor) -> tensors.put(name, new Located(tensor, file.path())));
    }
    return tensors;
  }

  private static Map<String, Located> placed(
      Path index, Map<String, Path> placed, Map<Path, WeightFile> files) {
    Map<String, Located> tensors = new LinkedHashMap<>();
    placed.forEach((name, path) -> {
      WeightFile file = files.get(path);
      Tensor tensor = file == null ? null : file.tensors().get(name);
      if (tensor == null) {
        throw CheckpointException.in(
            index, "places tensor %s in %s, which does not hold it", name, path.getFileName());
      }
      tensors.put(name, new Located(tensor, path));
    });
    return tensors;
  }
}
