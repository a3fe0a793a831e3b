package dev.switchboard.proto.codec;

import java.io.IOException;
import java.io.InputStream;
import java.util.zip.CRC32C;

/** Sums up what is read. */
final class SummedInput extends InputStream {
  private final InputStream in;
  private final CRC32C crc = new CRC32C();

  SummedInput(InputStream in) {
    this.in = in;
  }

  /** CRC-32C of all that was read. */
  int sum() {
    return (int) crc.getValue();
  }

  @Override
  public int read() throws IOException {
    int octet = in.read();
    if (octet >= 0) {
      crc.update(octet);
    }
    return octet;
  }

  @Override
  public int read(byte[] target, int offset, int count) throws IOException {
    int read = in.read(target, offset, count);
    if (read > 0) {
      crc.update(target, offset, read);
    }
    return read;
  }
}
