package dev.switchboard.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.stream.Collectors;
import java.util.stream.LongStream;
import org.jspecify.annotations.Nullable;

/**
 * A model directory in the Hugging Face form, or one safetensors file: all tensors by name,
 * whichever file holds them. Tensors are mapped; they live until {@link #close}.
 */
public final class Checkpoint implements AutoCloseable {
  private static final String CONFIG = "config.json";
  private static final String SINGLE = "model.safetensors";
  private static final String INDEX = "model.safetensors.index.json";

  private record Located(Tensor tensor, Path file) {}

  private final Path path;
  private final Path folder;
  private final Path source;
  private final List<SafetensorsFile> files;
  private final Map<String, Located> tensors;
  private @Nullable JsonNode config;

  private Checkpoint(
      Path path,
      Path folder,
      Path source,
      List<SafetensorsFile> files,
      Map<String, Located> tensors) {
    this.path = path;
    this.folder = folder;
    this.source = source;
    this.files = files;
    this.tensors = tensors;
  }

  /**
   * Opens a directory with {@code model.safetensors} or {@code model.safetensors.index.json}, or
   * one {@code .safetensors} file.
   *
   * @throws CheckpointException if there is nothing at the path, or a file is missing or not sound
   */
  public static Checkpoint open(Path path) {
    if (Files.isDirectory(path)) {
      return openFolder(path);
    }
    if (!Files.exists(path)) {
      throw new CheckpointException(path + ": no such model directory");
    }
    Path folder = path.toAbsolutePath().getParent();
    return openFiles(path, folder == null ? path : folder, path, Map.of(), List.of(path));
  }

  /**
   * Tensors that are in memory, as if they had been read.
   *
   * @param source where they came from, for messages
   */
  public static Checkpoint ofTensors(Path source, Map<String, Tensor> tensors) {
    Map<String, Located> located = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> located.put(name, new Located(tensor, source)));
    Path folder = source.toAbsolutePath().getParent();
    return new Checkpoint(source, folder == null ? source : folder, source, List.of(), located);
  }

  /**
   * This checkpoint with some tensors replaced or added. Closing it closes this one too; the others
   * must outlive it.
   *
   * @param over whose tensors go before this one's
   */
  public Checkpoint with(Checkpoint over) {
    Map<String, Located> merged = new LinkedHashMap<>(tensors);
    merged.putAll(over.tensors);
    return new Checkpoint(path, folder, source, files, merged);
  }

  /** Names of all tensors. */
  public Set<String> names() {
    return Collections.unmodifiableSet(tensors.keySet());
  }

  /**
   * A tensor that must be there with that very shape and hold finite numbers only.
   *
   * @throws CheckpointException naming the file, the tensor, and what was found and expected
   */
  public Tensor tensor(String name, long... shape) {
    Located located = tensors.get(name);
    List<Long> expected = LongStream.of(shape).boxed().toList();
    if (located == null) {
      throw CheckpointException.in(
          source, "tensor %s is missing; expected with shape %s", name, expected);
    }
    Tensor tensor = located.tensor();
    if (!tensor.shape().equals(expected)) {
      throw CheckpointException.in(
          located.file(), "tensor %s is %s, expected shape %s", name, tensor.describe(), expected);
    }
    long bad = NonFinite.firstIn(tensor);
    if (bad >= 0) {
      throw CheckpointException.in(
          located.file(),
          "tensor %s holds NaN or infinity (element %s); expected finite weights",
          name,
          bad);
    }
    return tensor;
  }

  /** The tensor of that name, whatever its shape and values. */
  public Optional<Tensor> find(String name) {
    return Optional.ofNullable(tensors.get(name)).map(Located::tensor);
  }

  /** The file that holds a tensor, for messages; the table of all tensors if none does. */
  public Path fileOf(String name) {
    Located located = tensors.get(name);
    return located == null ? source : located.file();
  }

  /** What was opened. */
  public Path path() {
    return path;
  }

  /** The directory of the files. */
  public Path folder() {
    return folder;
  }

  /**
   * The directory's {@code config.json}.
   *
   * @throws CheckpointException if it is absent or not a JSON object
   */
  public synchronized JsonNode config() {
    if (config == null) {
      config = JsonFiles.readObject(folder.resolve(CONFIG));
    }
    return config;
  }

  /** Unmaps the files; data of tensors must not be read afterwards. */
  @Override
  public void close() {
    files.forEach(SafetensorsFile::close);
  }

  private static Checkpoint openFolder(Path folder) {
    Path single = folder.resolve(SINGLE);
    Path index = folder.resolve(INDEX);
    if (Files.exists(single)) {
      return openFiles(folder, folder, single, Map.of(), List.of(single));
    }
    if (!Files.exists(index)) {
      throw CheckpointException.in(
          folder, "no model here%s: expected %s or %s", claim(folder), SINGLE, INDEX);
    }
    Map<String, Path> placed = readIndex(folder, index);
    return openFiles(
        folder, folder, index, placed, placed.values().stream().distinct().sorted().toList());
  }

  /** What the folder says it is, for whoever took it for a model. */
  private static String claim(Path folder) {
    Path config = folder.resolve(CONFIG);
    return Files.exists(config)
        ? " though %s has model_type \"%s\""
            .formatted(CONFIG, JsonFiles.readObject(config).path("model_type").asText())
        : "";
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

  /** Without a placement every tensor of the files counts; with one, exactly the placed ones. */
  private static Checkpoint openFiles(
      Path path, Path folder, Path source, Map<String, Path> placed, List<Path> paths) {
    List<SafetensorsFile> files = new ArrayList<>();
    try {
      Map<Path, SafetensorsFile> byPath = new LinkedHashMap<>();
      for (Path file : paths) {
        SafetensorsFile opened = SafetensorsFile.open(file);
        files.add(opened);
        byPath.put(file, opened);
      }
      Map<String, Located> tensors = placed.isEmpty() ? all(files) : placed(source, placed, byPath);
      return new Checkpoint(path, folder, source, files, tensors);
    } catch (RuntimeException e) {
      files.forEach(SafetensorsFile::close);
      throw e;
    }
  }

  private static Map<String, Located> all(List<SafetensorsFile> files) {
    Map<String, Located> tensors = new LinkedHashMap<>();
    for (SafetensorsFile file : files) {
      file.tensors().forEach((name, tensor) -> tensors.put(name, new Located(tensor, file.path())));
    }
    return tensors;
  }

  private static Map<String, Located> placed(
      Path index, Map<String, Path> placed, Map<Path, SafetensorsFile> files) {
    Map<String, Located> tensors = new LinkedHashMap<>();
    placed.forEach((name, path) -> {
      SafetensorsFile file = files.get(path);
      Tensor tensor = file == null ? null : file.tensors().get(name);
      if (tensor == null) {
        throw CheckpointException.in(
            index, "places tensor %s in %s, which does not hold it", name, path.getFileName());
      }
      tensors.put(name, new Located(tensor, path));
    });
    return tensors;
  }

  @Override
  public String toString() {
    return files.stream()
        .map(file -> file.path().toString())
        .collect(Collectors.joining(", ", "Checkpoint[", "]"));
  }
}
