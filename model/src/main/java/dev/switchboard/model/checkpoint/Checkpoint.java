package dev.switchboard.model.checkpoint;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.CheckpointFiles.Located;
import dev.switchboard.model.memory.Pace;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Collection;
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
 * The weights of a model: a directory in the Hugging Face form, one safetensors file, or a GGUF
 * file (and its parts): all tensors by name, whichever file holds them. Tensors are mapped; they
 * live until {@link #close}.
 */
public final class Checkpoint implements AutoCloseable {
  /** Whole blocks of every type; about a quarter of a millisecond. */
  private static final long LOOK_ELEMENTS = 1 << 18;

  private final Path path;
  private final Path folder;
  private final CheckpointFiles files;
  private final TensorParts parts;
  private @Nullable JsonNode config;

  private Checkpoint(Path path, Path folder, CheckpointFiles files, @Nullable JsonNode config) {
    this(path, folder, files, config, new TensorParts(TensorParts.NOWHERE));
  }

  private Checkpoint(
      Path path, Path folder, CheckpointFiles files, @Nullable JsonNode config, TensorParts parts) {
    this.path = path;
    this.folder = folder;
    this.files = files;
    this.config = config;
    this.parts = parts;
  }

  /**
   * Opens a directory with {@code model.safetensors} or {@code model.safetensors.index.json}, one
   * {@code .safetensors} file, or a GGUF file with names as it has them.
   *
   * @throws CheckpointException if there is nothing at the path, or a file is missing or not sound
   */
  public static Checkpoint open(Path path) {
    if (Files.isDirectory(path)) {
      return new Checkpoint(path, path, CheckpointFiles.openFolder(path), null);
    }
    if (!Files.exists(path)) {
      throw new CheckpointException(path + ": no such model directory or file");
    }
    return new Checkpoint(path, folderOf(path), CheckpointFiles.openFile(path), null);
  }

  /**
   * Tensors that are in memory, as if they had been read.
   *
   * @param source where they came from, for messages
   */
  public static Checkpoint ofTensors(Path source, Map<String, Tensor> tensors) {
    Map<String, Located> located = new LinkedHashMap<>();
    tensors.forEach((name, tensor) -> located.put(name, new Located(tensor, source)));
    return new Checkpoint(
        source,
        folderOf(source),
        new CheckpointFiles(source, List.of(), located, Optional.empty()),
        null);
  }

  /**
   * This checkpoint with some tensors replaced or added. Closing it closes this one too; the others
   * must outlive it.
   *
   * @param over whose tensors go before this one's
   */
  public Checkpoint with(Checkpoint over) {
    Map<String, Located> merged = new LinkedHashMap<>(files.tensors());
    merged.putAll(over.files.tensors());
    return with(merged, config);
  }

  /**
   * This checkpoint under other names, with another configuration. Closing it closes this one too.
   *
   * @param config takes the place of {@code config.json}
   * @param tensors exactly the tensors to show, under the names to show them by; each is one of
   *     this checkpoint's (whole, or a slice that kept its name) or in memory
   */
  public Checkpoint as(JsonNode config, Map<String, Tensor> tensors) {
    Map<String, Located> renamed = new LinkedHashMap<>();
    tensors.forEach((name, tensor) ->
        renamed.put(name, new Located(tensor.named(name), fileOf(tensor.name()), tensor.name())));
    return with(renamed, config);
  }

  /** This checkpoint with another configuration. Closing it closes this one too. */
  public Checkpoint configured(JsonNode other) {
    return with(files.tensors(), other);
  }

  private Checkpoint with(Map<String, Located> tensors, @Nullable JsonNode otherConfig) {
    return new Checkpoint(
        path,
        folder,
        new CheckpointFiles(files.source(), files.files(), tensors, files.gguf()),
        otherConfig,
        parts);
  }

  /**
   * Tensors that are not in files here: their bytes are fetched when they are asked for, and no
   * more of them than that.
   *
   * @param label what they are called in messages
   * @param config what {@link #configText} says there
   * @param table the tensors, {@link Tensor#elsewhere}
   * @throws CheckpointException if the configuration is no JSON object
   */
  public static Checkpoint elsewhere(
      Path label, String config, Collection<Tensor> table, TensorSource source) {
    Map<String, Located> located = new LinkedHashMap<>();
    table.forEach(tensor -> located.put(tensor.name(), new Located(tensor, label)));
    CheckpointFiles none = new CheckpointFiles(label, List.of(), located, Optional.empty());
    JsonNode read = JsonFiles.readObject(label, config.getBytes(StandardCharsets.UTF_8));
    return new Checkpoint(label, folderOf(label), none, read, new TensorParts(source));
  }

  /** Names of all tensors. */
  public Set<String> names() {
    return Collections.unmodifiableSet(files.tensors().keySet());
  }

  /** The metadata of a GGUF file; empty for other forms. */
  public Optional<GgufMetadata> gguf() {
    return files.gguf();
  }

  /**
   * A tensor that must be there with that very shape and hold finite numbers only.
   *
   * @throws CheckpointException naming the file, the tensor, and what was found and expected
   */
  public Tensor tensor(String name, long... shape) {
    Tensor whole = shaped(name, shape);
    Tensor read = part(name, 0, whole.elements());
    return new Tensor(name, whole.dtype(), whole.shape(), read.data());
  }

  /**
   * Neighbouring elements of a tensor, as a tensor of one axis: finite numbers only. {@link
   * #release} gives back what it takes.
   *
   * @param name a tensor that is there
   * @param first index of the first element, at the start of a block
   * @param elements how many; whole blocks
   * @throws CheckpointException naming the file, the tensor and what is wrong with it
   */
  public Tensor part(String name, long first, long elements) {
    Located located = located(name);
    Tensor part = parts.read(located, first, elements);
    long bad = firstNonFinite(part, elements);
    refuse(located, bad < 0 ? bad : first + bad);
    return part;
  }

  private static long firstNonFinite(Tensor part, long elements) {
    Pace pace = Pace.current();
    long bad = -1;
    for (long at = 0; at < elements && bad < 0; at += LOOK_ELEMENTS) {
      long some = Math.min(LOOK_ELEMENTS, elements - at);
      bad = NonFinite.firstIn(part, at, some);
      pace.worked(0);
    }
    return bad;
  }

  /**
   * The same of bytes that stand for powers of two: MXFP4's scales where they are in a tensor of
   * their own.
   */
  public Tensor powers(String name, long first, long count) {
    Located located = located(name);
    Tensor part = parts.read(located, first, count);
    long bad = NonFinite.firstPowerIn(part, 0, count);
    refuse(located, bad < 0 ? bad : first + bad);
    return part;
  }

  /**
   * A part's bytes are not needed any more: pages of a mapped file leave the process's resident
   * memory, what was fetched is freed. The part must not be read afterwards.
   */
  public void release(Tensor part) {
    parts.release(part);
  }

  /** Bytes of all parts that were read, since this checkpoint was opened. */
  public long bytesRead() {
    return parts.bytesRead();
  }

  /**
   * A tensor that must be there with that very shape; its numbers are not looked at.
   *
   * @throws CheckpointException naming the file, the tensor, and what was found and expected
   */
  public Tensor shaped(String name, long... shape) {
    List<Long> expected = LongStream.of(shape).boxed().toList();
    Located located = files.tensors().get(name);
    if (located == null) {
      throw CheckpointException.in(
          files.source(), "tensor %s is missing; expected with shape %s", name, expected);
    }
    Tensor tensor = located.tensor();
    if (!tensor.shape().equals(expected)) {
      throw CheckpointException.in(
          located.file(),
          "tensor %s is %s, expected shape %s",
          located.label(),
          tensor.describe(),
          expected);
    }
    return tensor;
  }

  /**
   * Demands that neighbouring elements of a tensor be finite; of block types, the scales are looked
   * at. Nothing is demanded where the property {@code switchboard.weights.nonfinite} is {@code
   * allow}.
   *
   * @param name a tensor that is there
   * @param first index of the first element, at the start of a block
   * @param elements how many; whole blocks
   * @throws CheckpointException naming the file, the tensor and the first element that is not
   */
  public void requireFinite(String name, long first, long elements) {
    Located located = located(name);
    refuse(located, NonFinite.firstIn(located.tensor(), first, elements));
  }

  private Located located(String name) {
    Located located = files.tensors().get(name);
    if (located == null) {
      throw CheckpointException.in(files.source(), "tensor %s is missing", name);
    }
    return located;
  }

  private static void refuse(Located located, long bad) {
    if (bad >= 0 && !NonFinite.allowed()) {
      throw CheckpointException.in(
          located.file(),
          "tensor %s holds NaN or infinity (element %s); expected finite weights",
          located.label(),
          bad);
    }
  }

  /** The tensor of that name, whatever its shape and values. */
  public Optional<Tensor> find(String name) {
    return Optional.ofNullable(files.tensors().get(name)).map(Located::tensor);
  }

  /** The file that holds a tensor, for messages; the table of all tensors if none does. */
  public Path fileOf(String name) {
    Located located = files.tensors().get(name);
    return located == null ? files.source() : located.file();
  }

  /**
   * Where a tensor's bytes lie: in the files that were opened, as {@code FILE:TENSOR+BYTE} with the
   * file's own name for it, or elsewhere, by its name; empty if they are in memory.
   */
  public Optional<String> origin(String name) {
    Located located = files.tensors().get(name);
    if (located != null && located.tensor().isElsewhere()) {
      return Optional.of("elsewhere:" + located.label());
    }
    return located == null ? Optional.empty() : files.origin(located);
  }

  /** The files of weights that were opened. */
  public List<Path> weightFiles() {
    return files.files().stream().map(WeightFile::path).toList();
  }

  /** What to call a tensor in messages: also by the name that the file has for it. */
  public String label(String name) {
    Located located = files.tensors().get(name);
    return located == null ? name : located.label();
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
   * The directory's {@code config.json}, or what {@link #as} put in its place.
   *
   * @throws CheckpointException if it is absent or not a JSON object
   */
  public synchronized JsonNode config() {
    if (config == null) {
      config = JsonFiles.readObject(folder.resolve(CheckpointFiles.CONFIG));
    }
    return config;
  }

  /** The configuration as text, for {@link #elsewhere}. */
  public String configText() {
    return JsonFiles.text(config());
  }

  /** Unmaps the files; data of tensors must not be read afterwards. */
  @Override
  public void close() {
    files.files().forEach(WeightFile::close);
  }

  private static Path folderOf(Path file) {
    Path folder = file.toAbsolutePath().getParent();
    return folder == null ? file : folder;
  }

  @Override
  public String toString() {
    return files.files().stream()
        .map(file -> file.path().toString())
        .collect(Collectors.joining(", ", "Checkpoint[", "]"));
  }
}
