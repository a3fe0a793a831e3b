package dev.switchboard.model.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharsetDecoder;
import java.nio.charset.CodingErrorAction;
import java.nio.charset.StandardCharsets;

/**
 * Turns a stream of token ids into a stream of text. A character whose bytes are spread over
 * several tokens is held back until it is whole; bytes that can be no UTF-8 become U+FFFD. Each
 * byte is looked at once. Not for two threads.
 */
public final class IncrementalDecoder {
  private final Vocabulary vocabulary;
  private final CharsetDecoder decoder =
      StandardCharsets.UTF_8
          .newDecoder()
          .onMalformedInput(CodingErrorAction.REPLACE)
          .onUnmappableCharacter(CodingErrorAction.REPLACE);

  /** The start of an incomplete character: at most three bytes between calls. */
  private byte[] pending = {};

  IncrementalDecoder(Vocabulary vocabulary) {
    this.vocabulary = vocabulary;
  }

  /**
   * The text that this token completes; empty while a character is incomplete, and for special
   * tokens.
   */
  public String add(int id) {
    byte[] bytes = vocabulary.bytes(id);
    return bytes.length == 0 ? "" : decode(bytes, false);
  }

  /** What is still held back, as U+FFFD; the decoder then starts afresh. */
  public String finish() {
    String rest = decode(new byte[0], true);
    decoder.reset();
    return rest;
  }

  private String decode(byte[] bytes, boolean end) {
    ByteBuffer in =
        ByteBuffer.allocate(pending.length + bytes.length).put(pending).put(bytes).flip();
    // UTF-8 never makes more chars than bytes.
    CharBuffer out = CharBuffer.allocate(in.remaining() + 1);
    decoder.decode(in, out, end);
    if (end) {
      decoder.flush(out);
    }
    pending = new byte[in.remaining()];
    in.get(pending);
    return out.flip().toString();
  }
}
