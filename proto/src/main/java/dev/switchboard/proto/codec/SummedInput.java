package dev.switchboard.proto.codec;

import java.io.IOException;
import java.io.InputStream;
import java.util.Arrays;
import java.util.zip.CRC32C;

/**
 * Sums up what is read of a message, and keeps its last bytes with the sum of all before them: a
 * checksum at the end can be looked at though something before it could not be read.
 */
final class SummedInput extends InputStream {
  private static final long UNKNOWN = Long.MAX_VALUE;

  private final InputStream in;
  private final CRC32C crc = new CRC32C();
  private final byte[] last;
  private final long lastAt;
  private long position;
  private int sumBeforeLast;
  private int lastCount;

  /** A message whose end is not known before it comes. */
  SummedInput(InputStream in) {
    this.in = in;
    this.last = new byte[0];
    this.lastAt = UNKNOWN;
  }

  /**
   * @param lastBytes to keep of a message of {@code messageBytes}
   */
  SummedInput(InputStream in, long messageBytes, int lastBytes) {
    this.in = in;
    this.last = new byte[lastBytes];
    this.lastAt = messageBytes < lastBytes ? UNKNOWN : messageBytes - lastBytes;
  }

  /** CRC-32C of all that was read. */
  int sum() {
    return (int) crc.getValue();
  }

  /** The message's last bytes; none if it has not been read to its end, or that was not known. */
  byte[] last() {
    return lastCount == last.length ? last : new byte[0];
  }

  /** CRC-32C of all before the last bytes. */
  int sumBeforeLast() {
    return sumBeforeLast;
  }

  @Override
  public int read() throws IOException {
    int octet = in.read();
    if (octet >= 0 && position < lastAt) {
      crc.update(octet);
      position++;
    } else if (octet >= 0) {
      keep(new byte[] {(byte) octet});
    }
    return octet;
  }

  @Override
  public int read(byte[] target, int offset, int count) throws IOException {
    int read = in.read(target, offset, count);
    if (read <= 0) {
      return read;
    }
    int before = (int) Math.clamp(lastAt - position, 0, read);
    crc.update(target, offset, before);
    position += before;
    if (before < read) {
      keep(Arrays.copyOfRange(target, offset + before, offset + read));
    }
    return read;
  }

  private void keep(byte[] bytes) {
    if (position == lastAt) {
      sumBeforeLast = sum();
    }
    int kept = Math.min(bytes.length, last.length - lastCount);
    System.arraycopy(bytes, 0, last, lastCount, kept);
    lastCount += kept;
    crc.update(bytes, 0, bytes.length);
    position += bytes.length;
  }
}
