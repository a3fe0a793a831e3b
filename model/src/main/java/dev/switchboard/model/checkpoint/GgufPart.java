package dev.switchboard.model.checkpoint;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * One GGUF file, mapped. Its table is compared with its real size: types, shapes, offsets; tensors
 * may not overlap.
 */
final class GgufPart implements WeightFile {
  /** A tensor's bytes {@code [begin, end)} of the data part. */
  private record Place(String name, long begin, long end) {}

  private final Path path;
  private final Arena arena;
  private final GgufMetadata metadata;
  private final Map<String, Tensor> tensors;

  private GgufPart(Path path, Arena arena, GgufMetadata metadata, Map<String, Tensor> tensors) {
    this.path = path;
    this.arena = arena;
    this.metadata = metadata;
    this.tensors = Collections.unmodifiableMap(tensors);
  }

  /**
   * Maps a file and checks its table.
   *
   * @throws CheckpointException if there is no such file or it is not sound
   */
  static GgufPart open(Path path) {
    return MappedFile.open(path, (arena, bytes) -> read(path, arena, bytes));
  }

  @Override
  public Path path() {
    return path;
  }

  GgufMetadata metadata() {
    return metadata;
  }

  @Override
  public Map<String, Tensor> tensors() {
    return tensors;
  }

  @Override
  public void close() {
    arena.close();
  }

  private static GgufPart read(Path path, Arena arena, MemorySegment file) {
    GgufHead head = GgufHead.parse(path, file);
    long dataBytes = Math.max(0, file.byteSize() - head.dataStart());
    Map<String, Tensor> tensors = new LinkedHashMap<>();
    List<Place> places = new ArrayList<>();
    for (GgufHead.Entry entry : head.entries()) {
      DType dtype = GgufTypes.numbered(path, entry.name(), entry.type());
      long bytes = bytes(path, entry, dtype);
      checkPlace(path, entry, head, bytes, dataBytes);
      MemorySegment data = file.asSlice(head.dataStart() + entry.offset(), bytes);
      Tensor tensor = new Tensor(entry.name(), dtype, entry.shape(), data);
      if (tensors.put(entry.name(), tensor) != null) {
        throw CheckpointException.in(path, "tensor %s occurs twice", entry.name());
      }
      places.add(new Place(entry.name(), entry.offset(), entry.offset() + bytes));
    }
    checkOverlaps(path, places);
    return new GgufPart(path, arena, head.metadata(), tensors);
  }

  private static long bytes(Path path, GgufHead.Entry entry, DType dtype) {
    long row = entry.shape().isEmpty() ? 1 : entry.shape().getLast();
    if (row % dtype.blockElements() != 0) {
      throw CheckpointException.in(
          path,
          "tensor %s %s%s: its rows of %s elements are no whole number of blocks of %s",
          entry.name(),
          dtype,
          entry.shape(),
          row,
          dtype.blockElements());
    }
    try {
      return dtype.bytes(Tensor.elements(entry.shape()));
    } catch (ArithmeticException e) {
      throw new CheckpointException(
          "%s: tensor %s has the impossible shape %s%s"
              .formatted(path, entry.name(), dtype, entry.shape()),
          e);
    }
  }

  private static void checkPlace(
      Path path, GgufHead.Entry entry, GgufHead head, long bytes, long dataBytes) {
    long offset = entry.offset();
    if (offset < 0 || offset > dataBytes || bytes > dataBytes - offset) {
      throw CheckpointException.in(
          path,
          "truncated, or a wrong table: tensor %s %s needs %s bytes from %s of the data on, which has %s",
          entry.name(),
          entry.shape(),
          bytes,
          Long.toUnsignedString(offset),
          dataBytes);
    }
    if (offset % head.alignment() != 0) {
      throw CheckpointException.in(
          path,
          "tensor %s begins at %s of the data; expected a multiple of the alignment, %s",
          entry.name(),
          offset,
          head.alignment());
    }
  }

  private static void checkOverlaps(Path path, List<Place> places) {
    places.sort(Comparator.comparingLong(Place::begin).thenComparingLong(Place::end));
    for (int i = 1; i < places.size(); i++) {
      Place before = places.get(i - 1);
      Place place = places.get(i);
      if (place.begin() < before.end()) {
        throw CheckpointException.in(
            path,
            "tensors %s [%s, %s) and %s [%s, %s) overlap in the data",
            before.name(),
            before.begin(),
            before.end(),
            place.name(),
            place.begin(),
            place.end());
      }
    }
  }
}
