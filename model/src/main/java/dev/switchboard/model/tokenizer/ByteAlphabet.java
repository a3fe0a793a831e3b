package dev.switchboard.model.tokenizer;

import java.util.Arrays;

/**
 * The alphabet of byte-level BPE: each byte is written as one printable character; printable
 * Latin-1 stands for itself, the others follow from U+0100 in order.
 */
final class ByteAlphabet {
  private static final int FIRST_STAND_IN = 0x100;
  private static final short[] BYTE_OF = byteOf();

  private ByteAlphabet() {}

  /** The byte that a character stands for; -1 if it is not of the alphabet. */
  static int toByte(char character) {
    return character < BYTE_OF.length ? BYTE_OF[character] : -1;
  }

  private static short[] byteOf() {
    short[] table = new short[FIRST_STAND_IN + 256];
    Arrays.fill(table, (short) -1);
    int standIn = FIRST_STAND_IN;
    for (int value = 0; value < 256; value++) {
      boolean printable =
          (value >= '!' && value <= '~') || (value >= 0xA1 && value <= 0xFF && value != 0xAD);
      table[printable ? value : standIn++] = (short) value;
    }
    return table;
  }
}
