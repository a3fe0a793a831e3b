package dev.switchboard.model.packcache;

import dev.switchboard.model.kernel.PackedShape;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;

/**
 * The first 4096 bytes of a file: magic, layout version (int), checksum of the data (int), bytes of
 * data (long), length of the origin (int), the origin in UTF-8, zeros, and in the last four bytes
 * CRC-32C of what is before them. Little-endian.
 *
 * @param origin what the data was made of
 */
record PackHeader(String origin, long dataBytes, int checksum) {
  static final int BYTES = 4096;

  private static final byte[] MAGIC = "SWBPACK\n".getBytes(StandardCharsets.US_ASCII);
  private static final int ORIGIN_AT = MAGIC.length + 4 + 4 + 8 + 4;
  private static final int CRC_AT = BYTES - Integer.BYTES;
  private static final int MAX_ORIGIN_BYTES = 2048;

  /** Whether a header has room for that origin. */
  static boolean fits(String origin) {
    return origin.getBytes(StandardCharsets.UTF_8).length <= MAX_ORIGIN_BYTES;
  }

  ByteBuffer encode() {
    ByteBuffer to = ByteBuffer.allocate(BYTES).order(ByteOrder.LITTLE_ENDIAN);
    byte[] text = origin.getBytes(StandardCharsets.UTF_8);
    to.put(MAGIC).putInt(PackedShape.LAYOUT_VERSION).putInt(checksum).putLong(dataBytes);
    to.putInt(text.length).put(text);
    to.putInt(CRC_AT, PackChecksum.crc(to.duplicate().position(0).limit(CRC_AT)));
    return to.position(0);
  }

  /**
   * @param from {@link #BYTES} bytes
   */
  static PackHeader decode(ByteBuffer from) throws PackFileException {
    ByteBuffer in = from.duplicate().order(ByteOrder.LITTLE_ENDIAN);
    byte[] magic = new byte[MAGIC.length];
    in.get(magic);
    if (!Arrays.equals(magic, MAGIC)) {
      throw new PackFileException("it is no file of packed weights");
    }
    if (in.getInt(CRC_AT) != PackChecksum.crc(from.duplicate().position(0).limit(CRC_AT))) {
      throw new PackFileException("its header is damaged");
    }
    int version = in.getInt();
    if (version != PackedShape.LAYOUT_VERSION) {
      throw new PackFileException(
          "it has layout %s; expected %s".formatted(version, PackedShape.LAYOUT_VERSION));
    }
    int checksum = in.getInt();
    long dataBytes = in.getLong();
    int length = in.getInt();
    if (length < 0 || length > MAX_ORIGIN_BYTES) {
      throw new PackFileException("its origin has the impossible length " + length);
    }
    byte[] text = new byte[length];
    in.get(ORIGIN_AT, text);
    return new PackHeader(new String(text, StandardCharsets.UTF_8), dataBytes, checksum);
  }
}
