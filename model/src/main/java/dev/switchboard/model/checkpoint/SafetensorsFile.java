package dev.switchboard.model.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteOrder;
import java.nio.file.Path;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * A safetensors file, mapped. Nothing that it claims is believed before it is compared with its
 * real size: header length, offsets, shapes; tensors must fill the data part without holes or
 * overlaps.
 */
public final class SafetensorsFile implements WeightFile {
  /** Bytes of the length that stands before the header. */
  static final int PREFIX_BYTES = 8;

  /** As the reference implementation: no real table comes near. */
  static final long MAX_HEADER_BYTES = 100_000_000;

  private static final ValueLayout.OfLong LENGTH =
      ValueLayout.JAVA_LONG_UNALIGNED.withOrder(ByteOrder.LITTLE_ENDIAN);

  private final Path path;
  private final Arena arena;
  private final Map<String, String> metadata;
  private final Map<String, Tensor> tensors;

  private SafetensorsFile(
      Path path, Arena arena, Map<String, String> metadata, Map<String, Tensor> tensors) {
    this.path = path;
    this.arena = arena;
    this.metadata = Collections.unmodifiableMap(metadata);
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Maps a file and checks its table.
   *
   * @throws CheckpointException if there is no such file or it is not sound
   */
  public static SafetensorsFile open(Path path) {
    return MappedFile.open(path, (arena, bytes) -> read(path, arena, bytes));
  }

  /**
   * The tensors of a file that nobody closes: it is mapped as long as any of them is held.
   *
   * @throws CheckpointException if there is no such file or it is not sound
   */
  public static Map<String, Tensor> tensorsOf(Path path) {
    Arena arena = Arena.ofAuto();
    return read(path, arena, MappedFile.map(path, arena)).tensors();
  }

  @Override
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  /** The table's {@code __metadata__}; empty if there is none. */
  public Map<String, String> metadata() {
    return metadata;
  }

  @Override
  public Path path() {
    return path;
  }

  @Override
  public void close() {
    arena.close();
  }

  private static SafetensorsFile read(Path path, Arena arena, MemorySegment file) {
    long headerBytes = headerBytes(path, file);
    byte[] json = file.asSlice(PREFIX_BYTES, headerBytes).toArray(JAVA_BYTE);
    if (json.length == 0 || json[0] != '{') {
      throw new CheckpointException(
          path + ": not a safetensors file: the header does not start with {");
    }
    SafetensorsHeader header = SafetensorsHeader.parse(path, json);
    MemorySegment data = file.asSlice(PREFIX_BYTES + headerBytes);
    checkCoverage(path, header.entries(), file.byteSize(), data.byteSize());
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    for (SafetensorsHeader.Entry entry : header.entries()) {
      tensors.put(entry.name(), tensor(path, entry, data));
    }
    return new SafetensorsFile(path, arena, header.metadata(), tensors);
  }

  private static long headerBytes(Path path, MemorySegment file) {
    long fileBytes = file.byteSize();
    if (fileBytes < PREFIX_BYTES) {
      throw CheckpointException.in(
          path, "not a safetensors file: needs at least %s bytes, has %s", PREFIX_BYTES, fileBytes);
    }
    long claimed = file.get(LENGTH, 0);
    if (Long.compareUnsigned(claimed, fileBytes - PREFIX_BYTES) > 0) {
      throw CheckpointException.in(
          path,
          "header claims %s bytes, but the file has only %s bytes: truncated, or not a safetensors file",
          Long.toUnsignedString(claimed),
          fileBytes);
    }
    if (claimed > MAX_HEADER_BYTES) {
      throw CheckpointException.in(
          path, "header claims %s bytes; at most %s are read", claimed, MAX_HEADER_BYTES);
    }
    return claimed;
  }

  /**
   * Tensors must fill the data part: in order of their offsets each begins where the one before
   * ended.
   */
  private static void checkCoverage(
      Path path, List<SafetensorsHeader.Entry> entries, long fileBytes, long dataBytes) {
    entries.stream()
        .max(Comparator.comparingLong(SafetensorsHeader.Entry::end))
        .filter(last -> last.end() > dataBytes)
        .ifPresent(last -> {
          throw CheckpointException.in(
              path,
              "truncated: tensor %s ends at %s of the data, which need %s bytes, but the file has %s",
              last.name(),
              last.end(),
              Long.toUnsignedString(last.end() + (fileBytes - dataBytes)),
              fileBytes);
        });
    long position = 0;
    for (SafetensorsHeader.Entry entry : inFileOrder(entries)) {
      if (entry.begin() > entry.end() || entry.begin() != position) {
        throw CheckpointException.in(
            path,
            "tensor %s claims bytes [%s, %s) of the data, expected it to begin at %s: tensors may neither overlap nor leave holes",
            entry.name(),
            entry.begin(),
            entry.end(),
            position);
      }
      position = entry.end();
    }
    if (position != dataBytes) {
      throw CheckpointException.in(
          path,
          "%s bytes after the last tensor belong to none (data ends at %s)",
          (dataBytes - position),
          position);
    }
  }

  private static List<SafetensorsHeader.Entry> inFileOrder(List<SafetensorsHeader.Entry> entries) {
    return entries.stream()
        .sorted(
            Comparator.comparingLong(SafetensorsHeader.Entry::begin)
                .thenComparingLong(SafetensorsHeader.Entry::end))
        .toList();
  }

  private static Tensor tensor(Path path, SafetensorsHeader.Entry entry, MemorySegment data) {
    long claimed = entry.end() - entry.begin();
    long needed;
    try {
      needed = entry.dtype().bytes(Tensor.elements(entry.shape()));
    } catch (ArithmeticException e) {
      throw new CheckpointException(
          "%s: tensor %s has the impossible shape %s%s"
              .formatted(path, entry.name(), entry.dtype(), entry.shape()),
          e);
    }
    if (needed != claimed) {
      throw CheckpointException.in(
          path,
          "tensor %s %s%s needs %s bytes, its offsets give %s",
          entry.name(),
          entry.dtype(),
          entry.shape(),
          needed,
          claimed);
    }
    return new Tensor(
        entry.name(), entry.dtype(), entry.shape(), data.asSlice(entry.begin(), claimed));
  }
}
