package dev.switchboard.model.tokenizer;

import java.nio.ByteBuffer;
import java.nio.CharBuffer;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * Turns a stream of token ids into a stream of text. A character whose bytes are spread over
 * several tokens is held back until it is whole; bytes that can be no UTF-8 become U+FFFD. Not for
 * two threads.
 *
 * <p>Where a vocabulary has tokens for single bytes beside its pieces, a run of them is text only
 * if the whole run is UTF-8, and one U+FFFD a byte if not: so such a run is held back until another
 * token ends it. Not for ever: whole characters of a run of {@value #LONG_RUN} bytes are let go.
 */
public final class IncrementalDecoder {
  private static final int LONG_RUN = 64;
  private static final String UNKNOWN = "\ufffd";

  private final Vocabulary vocabulary;
  private final DecodeRules rules;
  private final boolean textBefore;
  private final int longRun;
  private final Utf8Stream utf8 = new Utf8Stream();

  /** A run of single bytes. */
  private byte[] pending = {};

  private boolean first;
  private int toStrip;

  private IncrementalDecoder(
      Vocabulary vocabulary, DecodeRules rules, boolean textBefore, int longRun) {
    this.vocabulary = vocabulary;
    this.rules = rules;
    this.textBefore = textBefore;
    this.longRun = longRun;
    restart();
  }

  /**
   * @param textBefore whether text stands before: then the first token is none of a text's
   *     beginning
   */
  static IncrementalDecoder streaming(
      Vocabulary vocabulary, DecodeRules rules, boolean textBefore) {
    return new IncrementalDecoder(vocabulary, rules, textBefore, LONG_RUN);
  }

  /** For ids that are all there: nothing is let go early. */
  static IncrementalDecoder whole(Vocabulary vocabulary, DecodeRules rules, boolean textBefore) {
    return new IncrementalDecoder(vocabulary, rules, textBefore, Integer.MAX_VALUE);
  }

  /**
   * The text that this token completes; empty while a character is incomplete, and for special
   * tokens.
   */
  public String add(int id) {
    byte[] bytes = vocabulary.bytes(id);
    if (bytes.length == 0) {
      return "";
    }
    if (!rules.byteLevel()) {
      return piece(bytes);
    }
    StringBuilder text = new StringBuilder();
    utf8.decode(bytes, text);
    return stripped(text.toString());
  }

  /** What is still held back; the decoder then starts afresh. */
  public String finish() {
    StringBuilder rest = new StringBuilder(endOfRun());
    utf8.finish(rest);
    String text = stripped(rest.toString());
    restart();
    return text;
  }

  private void restart() {
    first = !textBefore;
    toStrip = textBefore ? 0 : rules.stripMost();
  }

  private String piece(byte[] bytes) {
    String piece = new String(bytes, StandardCharsets.UTF_8);
    for (DecodeRules.PieceRule rule : rules.perPiece()) {
      piece = rule.apply(piece, first);
    }
    first = false;
    int value = rules.byteFallback() ? byteOf(piece) : -1;
    if (value < 0) {
      return stripped(endOfRun() + piece);
    }
    pending = Arrays.copyOf(pending, pending.length + 1);
    pending[pending.length - 1] = (byte) value;
    return pending.length < longRun ? "" : stripped(wholeCharacters());
  }

  /** The byte that a piece such as {@code <0x0A>} stands for; -1 for any other. */
  private static int byteOf(String piece) {
    if (piece.length() != 6 || !piece.startsWith("<0x") || !piece.endsWith(">")) {
      return -1;
    }
    int high = Character.digit(piece.charAt(3), 16);
    int low = Character.digit(piece.charAt(4), 16);
    return high < 0 || low < 0 ? -1 : 16 * high + low;
  }

  private String endOfRun() {
    byte[] run = pending;
    pending = new byte[0];
    try {
      return run.length == 0
          ? ""
          : StandardCharsets.UTF_8.newDecoder().decode(ByteBuffer.wrap(run)).toString();
    } catch (CharacterCodingException e) {
      return UNKNOWN.repeat(run.length);
    }
  }

  /** Takes what is sure off a run: its whole characters, if it is UTF-8 so far. */
  private String wholeCharacters() {
    ByteBuffer in = ByteBuffer.wrap(pending);
    CharBuffer out = CharBuffer.allocate(pending.length);
    if (StandardCharsets.UTF_8.newDecoder().decode(in, out, false).isError()) {
      return "";
    }
    pending = Arrays.copyOfRange(pending, in.position(), pending.length);
    return out.flip().toString();
  }

  private String stripped(String text) {
    String rest = text;
    while (toStrip > 0 && !rest.isEmpty()) {
      if (!rest.startsWith(rules.strip())) {
        toStrip = 0;
        break;
      }
      rest = rest.substring(rules.strip().length());
      toStrip--;
    }
    return rest;
  }
}
