package dev.switchboard.model.checkpoint;

import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/** Metadata to be written; keys keep the order in which they were first given. */
public final class GgufMetadataBuilder {
  private final Map<String, GgufValue> values = new LinkedHashMap<>();

  /** Everything that another file says, with the very types it says it in. */
  public GgufMetadataBuilder all(GgufMetadata other) {
    values.putAll(other.values());
    return this;
  }

  public GgufMetadataBuilder remove(String key) {
    values.remove(key);
    return this;
  }

  public GgufMetadataBuilder text(String key, String value) {
    return put(key, new GgufValue.Text(value));
  }

  /**
   * An unsigned number of 32 bits, the usual type of sizes.
   *
   * @throws IllegalArgumentException if it does not fit
   */
  public GgufMetadataBuilder u32(String key, long value) {
    if (value < 0 || value > 0xffff_ffffL) {
      throw new IllegalArgumentException(
          "key %s: %s is no unsigned 32-bit number".formatted(key, value));
    }
    return put(key, new GgufValue.Whole(GgufType.UINT32, value));
  }

  public GgufMetadataBuilder f32(String key, double value) {
    return put(key, new GgufValue.Real(GgufType.FLOAT32, (float) value));
  }

  public GgufMetadataBuilder flag(String key, boolean value) {
    return put(key, new GgufValue.Flag(value));
  }

  public GgufMetadataBuilder texts(String key, List<String> values) {
    GgufEncoder raw = new GgufEncoder();
    values.forEach(raw::text);
    return many(key, GgufType.STRING, values.size(), raw);
  }

  public GgufMetadataBuilder i32s(String key, int[] values) {
    GgufEncoder raw = new GgufEncoder();
    for (int value : values) {
      raw.whole(value, Integer.BYTES);
    }
    return many(key, GgufType.INT32, values.length, raw);
  }

  public GgufMetadataBuilder f32s(String key, float[] values) {
    GgufEncoder raw = new GgufEncoder();
    for (float value : values) {
      raw.whole(Float.floatToRawIntBits(value), Float.BYTES);
    }
    return many(key, GgufType.FLOAT32, values.length, raw);
  }

  public GgufMetadataBuilder flags(String key, boolean[] values) {
    GgufEncoder raw = new GgufEncoder();
    for (boolean value : values) {
      raw.whole(value ? 1 : 0, 1);
    }
    return many(key, GgufType.BOOL, values.length, raw);
  }

  /** A blob. */
  public GgufMetadataBuilder bytes(String key, byte[] values) {
    GgufEncoder raw = new GgufEncoder();
    raw.raw(values);
    return many(key, GgufType.UINT8, values.length, raw);
  }

  /**
   * What was given so far.
   *
   * @param file for messages about it
   */
  public GgufMetadata build(Path file) {
    return new GgufMetadata(file, new LinkedHashMap<>(values));
  }

  private GgufMetadataBuilder many(String key, GgufType type, int count, GgufEncoder raw) {
    return put(
        key, new GgufValue.Many(type, count, MemorySegment.ofArray(raw.bytes()).asReadOnly()));
  }

  private GgufMetadataBuilder put(String key, GgufValue value) {
    values.put(key, value);
    return this;
  }
}
