package dev.switchboard.model.checkpoint;

import java.lang.foreign.ValueLayout;
import java.nio.file.Path;
import java.security.MessageDigest;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collections;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * The metadata of a GGUF file, by key, in the file's order. Every reading method names file and key
 * when the key is absent (where no fallback is given) or holds something else.
 */
public final class GgufMetadata {
  private final Path file;
  private final Map<String, GgufValue> values;

  GgufMetadata(Path file, Map<String, GgufValue> values) {
    this.file = file;
    this.values = Collections.unmodifiableMap(values);
  }

  /** The file that it was read from, for messages. */
  public Path file() {
    return file;
  }

  public Set<String> keys() {
    return values.keySet();
  }

  public boolean has(String key) {
    return values.containsKey(key);
  }

  /** Whether the key is there and holds an array. */
  public boolean isList(String key) {
    return values.get(key) instanceof GgufValue.Many;
  }

  /** A string. */
  public String text(String key) {
    return switch (value(key)) {
      case GgufValue.Text(String text) -> text;
      case GgufValue other -> throw unexpected(key, other, "a string");
    };
  }

  public String text(String key, String fallback) {
    return has(key) ? text(key) : fallback;
  }

  /** A whole number of any width. */
  public long integer(String key) {
    GgufValue value = value(key);
    if (value instanceof GgufValue.Whole(GgufType type, long whole)
        && (whole >= 0 || type != GgufType.UINT64)) {
      return whole;
    }
    throw unexpected(key, value, "a whole number below 2^63");
  }

  public long integer(String key, long fallback) {
    return has(key) ? integer(key) : fallback;
  }

  /**
   * A whole number within bounds, which it may reach.
   *
   * @throws CheckpointException also if it is outside
   */
  public int count(String key, int least, int most) {
    long found = integer(key);
    if (found < least || found > most) {
      throw CheckpointException.in(
          file, "key %s is %s; expected %s to %s", key, found, least, most);
    }
    return (int) found;
  }

  /** A number of any kind. */
  public double number(String key) {
    return switch (value(key)) {
      case GgufValue.Real(GgufType _, double real) -> real;
      case GgufValue.Whole _ -> integer(key);
      case GgufValue other -> throw unexpected(key, other, "a number");
    };
  }

  public double number(String key, double fallback) {
    return has(key) ? number(key) : fallback;
  }

  public boolean flag(String key) {
    return switch (value(key)) {
      case GgufValue.Flag(boolean flag) -> flag;
      case GgufValue other -> throw unexpected(key, other, "a boolean");
    };
  }

  public boolean flag(String key, boolean fallback) {
    return has(key) ? flag(key) : fallback;
  }

  /** An array's length. */
  public int size(String key) {
    return switch (value(key)) {
      case GgufValue.Many many -> many.count();
      case GgufValue other -> throw unexpected(key, other, "an array");
    };
  }

  /** An array of strings. */
  public List<String> texts(String key) {
    GgufValue value = value(key);
    if (value instanceof GgufValue.Many many && many.element() == GgufType.STRING) {
      List<String> texts = new ArrayList<>(many.count());
      GgufCursor at = new GgufCursor(file, many.raw());
      for (int i = 0; i < many.count(); i++) {
        texts.add(at.text(many.raw().byteSize(), key));
      }
      return Collections.unmodifiableList(texts);
    }
    throw unexpected(key, value, "an array of strings");
  }

  /** An array of whole numbers of any width. */
  public long[] integers(String key) {
    GgufValue value = value(key);
    if (value instanceof GgufValue.Many many && many.element().isWhole()) {
      long[] integers = new long[many.count()];
      GgufCursor at = new GgufCursor(file, many.raw());
      for (int i = 0; i < integers.length; i++) {
        integers[i] = whole(at, many.element(), key);
      }
      return integers;
    }
    throw unexpected(key, value, "an array of whole numbers");
  }

  /** An array of bytes, signed or not: a blob. */
  public byte[] bytes(String key) {
    GgufValue value = value(key);
    if (value instanceof GgufValue.Many many
        && (many.element() == GgufType.UINT8 || many.element() == GgufType.INT8)) {
      return many.raw().toArray(ValueLayout.JAVA_BYTE);
    }
    throw unexpected(key, value, "an array of bytes");
  }

  /** An array of numbers; those of 64 bits are rounded. */
  public float[] numbers(String key) {
    GgufValue value = value(key);
    if (value instanceof GgufValue.Many many
        && (many.element().isReal() || many.element().isWhole())) {
      float[] numbers = new float[many.count()];
      GgufCursor at = new GgufCursor(file, many.raw());
      for (int i = 0; i < numbers.length; i++) {
        numbers[i] =
            switch (many.element()) {
              case FLOAT32 -> Float.intBitsToFloat(at.i32(key));
              case FLOAT64 -> (float) Double.longBitsToDouble(at.u64(key));
              default -> whole(at, many.element(), key);
            };
      }
      return numbers;
    }
    throw unexpected(key, value, "an array of numbers");
  }

  /** An array of booleans. */
  public boolean[] flags(String key) {
    GgufValue value = value(key);
    if (value instanceof GgufValue.Many many && many.element() == GgufType.BOOL) {
      boolean[] flags = new boolean[many.count()];
      GgufCursor at = new GgufCursor(file, many.raw());
      for (int i = 0; i < flags.length; i++) {
        flags[i] = at.u8(key) != 0;
      }
      return flags;
    }
    throw unexpected(key, value, "an array of booleans");
  }

  /**
   * A whole number for each layer: an array of that length, or one number for all.
   *
   * @throws CheckpointException also for an array of another length
   */
  public long[] perLayer(String key, int layers) {
    if (!isList(key)) {
      long[] same = new long[layers];
      Arrays.fill(same, integer(key));
      return same;
    }
    long[] each = integers(key);
    if (each.length != layers) {
      throw CheckpointException.in(
          file,
          "key %s has %s entries; expected one for each of %s layers",
          key,
          each.length,
          layers);
    }
    return each;
  }

  /**
   * Feeds keys and values to a digest, sorted by key: the same metadata give the same digest,
   * whatever their order in the file.
   */
  public void addTo(MessageDigest digest) {
    new TreeMap<>(values)
        .forEach((key, value) -> {
          GgufEncoder entry = new GgufEncoder();
          entry.entry(key, value);
          digest.update(entry.bytes());
        });
  }

  /** In the file's order, for whoever writes it again. */
  Map<String, GgufValue> values() {
    return values;
  }

  private static long whole(GgufCursor at, GgufType type, String key) {
    return switch (type) {
      case UINT8 -> at.u8(key) & 0xff;
      case INT8 -> at.u8(key);
      case UINT16 -> at.u16(key) & 0xffff;
      case INT16 -> at.u16(key);
      case UINT32 -> at.u32(key);
      case INT32 -> at.i32(key);
      case UINT64, INT64 -> at.u64(key);
      case FLOAT32, FLOAT64, BOOL, STRING, ARRAY ->
          throw new IllegalArgumentException(type + " is no whole number");
    };
  }

  private GgufValue value(String key) {
    @Nullable GgufValue value = values.get(key);
    if (value == null) {
      throw CheckpointException.in(file, "key %s is missing from the metadata", key);
    }
    return value;
  }

  private CheckpointException unexpected(String key, GgufValue found, String expected) {
    return CheckpointException.in(
        file, "key %s holds %s; expected %s", key, GgufValue.describe(found), expected);
  }
}
