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

  private ExpertBookCodec() {}

  public static byte[] encode(ExpertBook book) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(256);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(VERSION);
      write(out, book);
      out.writeLong(checksum(bytes.toByteArray(), bytes.size()));
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /** The fields, in order. */
  public static void write(DataOutputStream out, ExpertBook book) throws IOException {
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
  }

  /**
   * The fields, as they were written.
   *
   * @throws IllegalArgumentException if the bytes cannot hold what they claim
   */
  public static ExpertBook read(DataInputStream in) throws IOException {
    long epoch = in.readLong();
    String model = in.readUTF();
    List<ExpertBook.Added> added = new ArrayList<>();
    for (int left = count(in); left > 0; left--) {
      added.add(new ExpertBook.Added(in.readUTF(), in.readInt(), in.readUTF(), in.readUTF()));
    }
    List<Integer> disabled = new ArrayList<>();
    for (int left = count(in); left > 0; left--) {
      disabled.add(in.readInt());
    }
    return new ExpertBook(epoch, model, added, disabled);
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
      ExpertBook book = read(in);
      if (in.available() != Long.BYTES || in.readLong() != checksum(bytes, fields)) {
        throw new IllegalArgumentException(
            "experts of %d bytes are damaged".formatted(bytes.length));
      }
      return book;
    } catch (IOException e) {
      throw new IllegalArgumentException(
          "experts of %d bytes are cut short".formatted(bytes.length), e);
    }
  }

  private static int count(DataInputStream in) throws IOException {
    int count = in.readInt();
    if (count < 0 || count > in.available() / Integer.BYTES) {
      throw new IllegalArgumentException(
          "experts: %d are claimed in %d bytes".formatted(count, in.available()));
    }
    return count;
  }
}
