package dev.switchboard.model.checkpoint;

import static java.lang.foreign.ValueLayout.JAVA_BYTE;

import java.io.ByteArrayOutputStream;
import java.lang.foreign.MemorySegment;
import java.nio.charset.StandardCharsets;
import java.util.List;

/** Bytes of the head of a GGUF file. */
final class GgufEncoder {
  private final ByteArrayOutputStream out = new ByteArrayOutputStream();

  int size() {
    return out.size();
  }

  byte[] bytes() {
    return out.toByteArray();
  }

  /** The lowest bytes of a number, lowest first. */
  void whole(long value, int bytes) {
    for (int i = 0; i < bytes; i++) {
      out.write((int) (value >>> (8 * i)));
    }
  }

  void text(String text) {
    byte[] utf8 = text.getBytes(StandardCharsets.UTF_8);
    whole(utf8.length, Long.BYTES);
    out.writeBytes(utf8);
  }

  void raw(byte[] bytes) {
    out.writeBytes(bytes);
  }

  void pad(long alignment) {
    while (out.size() % alignment != 0) {
      out.write(0);
    }
  }

  void entry(String key, GgufValue value) {
    text(key);
    whole(value.type().ordinal(), Integer.BYTES);
    switch (value) {
      case GgufValue.Whole(GgufType type, long whole) -> whole(whole, type.leastBytes());
      case GgufValue.Real(GgufType type, double real) -> {
        if (type == GgufType.FLOAT32) {
          whole(Float.floatToRawIntBits((float) real), Float.BYTES);
        } else {
          whole(Double.doubleToRawLongBits(real), Double.BYTES);
        }
      }
      case GgufValue.Flag(boolean flag) -> out.write(flag ? 1 : 0);
      case GgufValue.Text(String text) -> text(text);
      case GgufValue.Many(GgufType element, int count, MemorySegment raw) -> {
        whole(element.ordinal(), Integer.BYTES);
        whole(count, Long.BYTES);
        raw(raw.toArray(JAVA_BYTE));
      }
    }
  }

  void tensor(String name, DType dtype, List<Long> shape, long offset) {
    text(name);
    whole(shape.size(), Integer.BYTES);
    for (long extent : shape.reversed()) {
      whole(extent, Long.BYTES);
    }
    whole(GgufTypes.number(dtype), Integer.BYTES);
    whole(offset, Long.BYTES);
  }
}
