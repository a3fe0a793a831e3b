package dev.switchboard.model.tokenizer;

/**
 * UTF-8 that comes in parts. What cannot be UTF-8 becomes U+FFFD, one for each longest start of a
 * character, as the WHATWG's standard and Rust do it; the JDK's decoder counts otherwise.
 */
final class Utf8Stream {
  private static final char UNKNOWN = '\ufffd';

  /** Bytes that the character still needs, and what the next of them may be. */
  private int needed;

  private int lowest = 0x80;
  private int highest = 0xBF;
  private int codePoint;

  /** Appends what the bytes complete. */
  void decode(byte[] bytes, StringBuilder out) {
    for (byte each : bytes) {
      int value = each & 0xFF;
      if (needed > 0 && (value < lowest || value > highest)) {
        out.append(UNKNOWN);
        needed = 0;
      }
      if (needed == 0) {
        begin(value, out);
      } else {
        lowest = 0x80;
        highest = 0xBF;
        codePoint = codePoint << 6 | (value & 0x3F);
        if (--needed == 0) {
          out.appendCodePoint(codePoint);
        }
      }
    }
  }

  /** Appends what an incomplete character becomes; then all starts afresh. */
  void finish(StringBuilder out) {
    if (needed > 0) {
      out.append(UNKNOWN);
      needed = 0;
    }
  }

  private void begin(int value, StringBuilder out) {
    lowest = value == 0xE0 ? 0xA0 : value == 0xF0 ? 0x90 : 0x80;
    highest = value == 0xED ? 0x9F : value == 0xF4 ? 0x8F : 0xBF;
    if (value < 0x80) {
      out.append((char) value);
    } else if (value >= 0xC2 && value <= 0xDF) {
      needed = 1;
      codePoint = value & 0x1F;
    } else if (value >= 0xE0 && value <= 0xEF) {
      needed = 2;
      codePoint = value & 0x0F;
    } else if (value >= 0xF0 && value <= 0xF4) {
      needed = 3;
      codePoint = value & 0x07;
    } else {
      out.append(UNKNOWN);
    }
  }
}
