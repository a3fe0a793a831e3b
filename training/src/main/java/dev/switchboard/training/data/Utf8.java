package dev.switchboard.training.data;

import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CoderResult;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Bytes as text. What was cut at its two ends loses the cut characters; nothing else is guessed.
 */
final class Utf8 {
  private static final int LONGEST = 4;

  private Utf8() {}

  /**
   * @param name what the bytes are called in an error
   * @throws IOException if there is anything but UTF-8 between the first and the last character;
   *     names the offset
   */
  static String decode(byte[] bytes, String name) throws IOException {
    int from = 0;
    while (from < Math.min(LONGEST - 1, bytes.length) && (bytes[from] & 0xc0) == 0x80) {
      from++;
    }
    int to = end(bytes, from);
    CharsetDecoder decoder =
        StandardCharsets.UTF_8
            .newDecoder()
            .onMalformedInput(CodingErrorAction.REPORT)
            .onUnmappableCharacter(CodingErrorAction.REPORT);
    ByteBuffer in = ByteBuffer.wrap(bytes, from, to - from);
    CharBuffer out = CharBuffer.allocate(to - from);
    CoderResult result = decoder.decode(in, out, true);
    if (result.isError()) {
      throw new IOException(
          "%s is not UTF-8: byte 0x%02x at offset %d"
              .formatted(name, bytes[in.position()], in.position()));
    }
    return out.flip().toString();
  }

  /** Where the last whole character ends. */
  private static int end(byte[] bytes, int from) {
    for (int back = 1; back < LONGEST && bytes.length - back >= from; back++) {
      int value = bytes[bytes.length - back] & 0xff;
      if (value > 0xf4) {
        break; // begins no character
      }
      if (value >= 0xc0) {
        int wanted = value >= 0xf0 ? 4 : value >= 0xe0 ? 3 : 2;
        return wanted > back ? bytes.length - back : bytes.length;
      }
      if (value < 0x80) {
        break;
      }
    }
    return bytes.length;
  }
}
