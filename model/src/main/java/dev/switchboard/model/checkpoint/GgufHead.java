package dev.switchboard.model.checkpoint;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Collections;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * What stands before the data of one GGUF file (versions 2 and 3, little-endian): metadata and the
 * table of tensors, parsed but not yet compared with the data.
 *
 * @param dataStart where the data part begins, a multiple of {@code alignment}
 */
record GgufHead(GgufMetadata metadata, List<Entry> entries, long dataStart, long alignment) {
  /**
   * One tensor.
   *
   * @param shape slowest first
   * @param type number of its type in the file
   * @param offset into the data part; any bits
   */
  record Entry(String name, List<Long> shape, long type, long offset) {}

  static final int MAGIC = 0x4655_4747;
  static final String ALIGNMENT = "general.alignment";
  static final long DEFAULT_ALIGNMENT = 32;

  private static final int MAX_AXES = 4;
  private static final long LEAST_VERSION = 2;
  private static final long MOST_VERSION = 3;
  private static final int LEAST_KEY_BYTES = 8 + 4 + 1;
  private static final int LEAST_ENTRY_BYTES = 8 + 4 + 4 + 8;
  private static final int MAX_TEXT_BYTES = 64 << 20;

  /**
   * Parses the head.
   *
   * @param file for messages
   * @throws CheckpointException naming the key or tensor that is not sound
   */
  static GgufHead parse(Path file, MemorySegment bytes) {
    GgufCursor at = new GgufCursor(file, bytes);
    checkVersion(at);
    long tensors = at.count(LEAST_ENTRY_BYTES, "the number of tensors");
    long keys = at.count(LEAST_KEY_BYTES, "the number of metadata keys");
    Map<String, GgufValue> values = new LinkedHashMap<>();
    for (long i = 0; i < keys; i++) {
      String key = at.text(GgufCursor.MAX_NAME_BYTES, "metadata key " + i);
      GgufType type = GgufType.numbered(at, at.u32(key), key);
      if (values.put(key, value(at, type, key)) != null) {
        throw CheckpointException.in(file, "key %s occurs twice", key);
      }
    }
    GgufMetadata metadata = new GgufMetadata(file, values);
    List<Entry> entries = new ArrayList<>();
    for (long i = 0; i < tensors; i++) {
      entries.add(entry(at, i));
    }
    long alignment = alignment(metadata);
    long start = at.position() + (alignment - at.position() % alignment) % alignment;
    return new GgufHead(metadata, Collections.unmodifiableList(entries), start, alignment);
  }

  private static void checkVersion(GgufCursor at) {
    if (at.left() < 8 || at.i32("the magic") != MAGIC) {
      throw CheckpointException.in(
          at.path(), "not a GGUF file: expected it to start with \"GGUF\" and a version");
    }
    long version = at.u32("the version");
    if ((version & 0xffff) == 0 && version != 0) {
      throw CheckpointException.in(
          at.path(),
          "is a big-endian GGUF file (version bytes %08x); only little-endian ones are read",
          version);
    }
    if (version < LEAST_VERSION || version > MOST_VERSION) {
      throw CheckpointException.in(
          at.path(),
          "is GGUF version %s; versions %s and %s are read",
          version,
          LEAST_VERSION,
          MOST_VERSION);
    }
  }

  private static GgufValue value(GgufCursor at, GgufType type, String key) {
    return switch (type) {
      case UINT8 -> new GgufValue.Whole(type, at.u8(key) & 0xff);
      case INT8 -> new GgufValue.Whole(type, at.u8(key));
      case UINT16 -> new GgufValue.Whole(type, at.u16(key) & 0xffff);
      case INT16 -> new GgufValue.Whole(type, at.u16(key));
      case UINT32 -> new GgufValue.Whole(type, at.u32(key));
      case INT32 -> new GgufValue.Whole(type, at.i32(key));
      case UINT64, INT64 -> new GgufValue.Whole(type, at.u64(key));
      case FLOAT32 -> new GgufValue.Real(type, Float.intBitsToFloat(at.i32(key)));
      case FLOAT64 -> new GgufValue.Real(type, Double.longBitsToDouble(at.u64(key)));
      case BOOL -> new GgufValue.Flag(at.u8(key) != 0);
      case STRING -> new GgufValue.Text(at.text(MAX_TEXT_BYTES, key));
      case ARRAY -> array(at, key);
    };
  }

  private static GgufValue array(GgufCursor at, String key) {
    GgufType element = GgufType.numbered(at, at.u32(key), key);
    if (element == GgufType.ARRAY) {
      throw CheckpointException.in(
          at.path(), "key %s is an array of arrays; expected an array of plain values", key);
    }
    long count = at.count(element.leastBytes(), key);
    long from = at.position();
    if (element == GgufType.STRING) {
      for (long i = 0; i < count; i++) {
        at.skipText(key);
      }
    } else {
      at.take(count * element.leastBytes(), key);
    }
    return new GgufValue.Many(element, Math.toIntExact(count), at.copy(from, at.position()));
  }

  private static Entry entry(GgufCursor at, long index) {
    String name = at.text(GgufCursor.MAX_NAME_BYTES, "name of tensor " + index);
    String what = "tensor " + name;
    long axes = at.u32(what);
    if (axes > MAX_AXES) {
      throw CheckpointException.in(
          at.path(), "tensor %s has %s axes; at most %s are read", name, axes, MAX_AXES);
    }
    List<Long> shape = new ArrayList<>();
    for (int axis = 0; axis < axes; axis++) {
      long extent = at.u64(what);
      if (extent < 0) {
        throw CheckpointException.in(
            at.path(),
            "tensor %s has an extent of %s; expected less than 2^63",
            name,
            Long.toUnsignedString(extent));
      }
      shape.addFirst(extent);
    }
    return new Entry(name, List.copyOf(shape), at.u32(what), at.u64(what));
  }

  private static long alignment(GgufMetadata metadata) {
    if (!metadata.has(ALIGNMENT)) {
      return DEFAULT_ALIGNMENT;
    }
    long alignment = metadata.integer(ALIGNMENT);
    if (alignment <= 0 || Long.bitCount(alignment) != 1 || alignment > 1L << 30) {
      throw CheckpointException.in(
          metadata.file(),
          "key %s is %s; expected a power of two up to 2^30",
          ALIGNMENT,
          alignment);
    }
    return alignment;
  }
}
