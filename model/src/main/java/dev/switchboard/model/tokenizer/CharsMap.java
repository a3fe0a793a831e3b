package dev.switchboard.model.tokenizer;

import dev.switchboard.model.checkpoint.CheckpointException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.CharacterCodingException;
import java.nio.charset.StandardCharsets;
import java.util.Base64;

/**
 * Checks a SentencePiece table of character rewritings (four bytes of length, a double-array trie
 * of that many bytes, then texts that end with a zero byte): the native library follows it without
 * looking where it leads.
 */
final class CharsMap {
  private CharsMap() {}

  /**
   * @throws CheckpointException if a step of the trie leads out of it, or a value out of the texts
   */
  static void check(String label, String base64) {
    byte[] table;
    try {
      table = Base64.getDecoder().decode(base64);
    } catch (IllegalArgumentException e) {
      throw wrong(label, "it is not base64: " + e.getMessage());
    }
    ByteBuffer in = ByteBuffer.wrap(table).order(ByteOrder.LITTLE_ENDIAN);
    int trieBytes = table.length < 4 ? -1 : in.getInt();
    if (trieBytes < 4 || trieBytes % 4 != 0 || trieBytes > in.remaining()) {
      throw wrong(label, "its trie has no sound length");
    }
    int units = trieBytes / 4;
    int texts = in.position() + trieBytes;
    try {
      StandardCharsets.UTF_8
          .newDecoder()
          .decode(ByteBuffer.wrap(table, texts, table.length - texts).slice());
    } catch (CharacterCodingException e) {
      throw wrong(label, "its texts are no UTF-8: " + e.getMessage());
    }
    for (int i = 0; i < units; i++) {
      int unit = in.getInt(4 + 4 * i);
      if (unit < 0 && i > 0) {
        // The unit is a value, reached by no character.
        continue;
      }
      int next = i ^ ((unit >>> 10) << ((unit & (1 << 9)) >>> 6));
      boolean leaf = (unit & (1 << 8)) != 0;
      if (next < 0 || (next | 0xFF) >= units) {
        throw wrong(label, "its trie leads out of itself at unit " + i);
      }
      if (leaf && !soundText(table, texts, in.getInt(4 + 4 * next) & Integer.MAX_VALUE)) {
        throw wrong(label, "its value at unit " + next + " is no text");
      }
    }
  }

  /** Whether a text starts there: at a character's first byte, and before the end. */
  private static boolean soundText(byte[] table, int texts, int offset) {
    int at = texts + offset;
    return at >= texts && at < table.length && (table[at] & 0xC0) != 0x80;
  }

  private static CheckpointException wrong(String label, String what) {
    return new CheckpointException(label + ": normalizer: precompiled_charsmap: " + what);
  }
}
