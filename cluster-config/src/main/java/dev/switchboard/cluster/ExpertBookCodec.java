package dev.switchboard.cluster;

import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.util.ArrayList;
import java.util.List;
import java.util.zip.CRC32;

/** The bytes of what was said about experts, to be kept: a version, the fields, a checksum. */
public final class ExpertBookCodec {
  private static final int VERSION = 1;
  private static final int MOST = 1 << 12;

  private ExpertBookCodec() {}

  public static byte[] encode(ExpertBook book) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(VERSION);
      out.writeLong(book.epoch());
      out.writeUTF(book.model());
      out.writeInt(book.added().size());
      for (ExpertBook.Added added : book.added()) {
        out.writeUTF(added.name());
        out.writeInt(added.index());
        out.writeUTF(added.fingerprint());
        out.writeUTF(added.path());
      }
      out.writeInt(book.disabled().size());
      for (int expert : book.disabled()) {
        out.writeInt(expert);
      }
      out.writeLong(checksum(bytes.toByteArray(), bytes.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  private static long checksum(byte[] bytes, int count) {
    CRC32 sum = new CRC32();
    sum.update(bytes, 0, count);
    return sum.getValue();
  }

  /**
   * @throws IllegalArgumentException if the bytes are none of this version, or not whole
   */
  public static ExpertBook decode(byte[] bytes) {
    int fields = bytes.length - Long.BYTES;
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int version = in.readUnsignedByte();
      if (version != VERSION) {
        throw new IllegalArgumentException(
            "experts of version %d; this process reads version %d".formatted(version, VERSION));
      }
      long epoch = in.readLong();
      String model = in.readUTF();
      int more = count(in);
      List<ExpertBook.Added> added = new ArrayList<>(more);
      for (int i = 0; i < more; i++) {
        added.add(new ExpertBook.Added(in.readUTF(), in.readInt(), in.readUTF(), in.readUTF()));
      }
      int masked = count(in);
      List<Integer> disabled = new ArrayList<>(masked);
      for (int i = 0; i < masked; i++) {
        disabled.add(in.readInt());
      }
      if (in.available() != Long.BYTES || in.readLong() != checksum(bytes, fields)) {
        throw new IllegalArgumentException(
            "experts of %d bytes are damaged".formatted(bytes.length));
      }
      return new ExpertBook(epoch, model, added, disabled);
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "experts of %d bytes are cut short".formatted(bytes.length), e);
    }
  }

  private static int count(DataInputStream in) throws IOException {
    int count = in.readInt();
    if (count < 0 || count > MOST) {
      throw new IllegalArgumentException("experts: " + count + " of them");
    }
    return count;
  }
}
