package dev.switchboard.proto.weights;

import java.nio.ByteBuffer;
import java.util.zip.CRC32C;

/** What chunks are checked with. */
public final class Checksums {
  private Checksums() {}

  public static int crc32c(byte[] bytes) {
    return crc32c(ByteBuffer.wrap(bytes));
  }

  public static int crc32c(ByteBuffer bytes) {
    CRC32C crc = new CRC32C();
    crc.update(bytes);
    return (int) crc.getValue();
  }
}
