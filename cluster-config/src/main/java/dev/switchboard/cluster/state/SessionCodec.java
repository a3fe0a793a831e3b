package dev.switchboard.cluster.state;

import dev.switchboard.cluster.state.StateException.Kind;
import java.io.ByteArrayInputStream;
import java.io.ByteArrayOutputStream;
import java.io.DataInputStream;
import java.io.DataOutputStream;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;

/** Bytes of session records and of token ids. */
final class SessionCodec {
  /** Grows when the form changes; a record of another version is refused, never guessed at. */
  static final int VERSION = 1;

  private static final int CHUNK_IDS = 1 << 18;

  private SessionCodec() {}

  static byte[] encode(SessionRecord record) {
    ByteArrayOutputStream bytes = new ByteArrayOutputStream(512);
    try (DataOutputStream out = new DataOutputStream(bytes)) {
      out.writeByte(VERSION);
      out.writeUTF(record.owner());
      out.writeUTF(record.model());
      out.writeLong(record.epoch());
      out.writeUTF(record.router());
      write(out, record.turn());
      write(out, record.tokens());
      write(out, record.before());
      write(out, record.latest());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
    return bytes.toByteArray();
  }

  /**
   * @throws StateException if the bytes are no record of this version
   */
  static SessionRecord decode(byte[] bytes) {
    try (DataInputStream in = new DataInputStream(new ByteArrayInputStream(bytes))) {
      int version = in.readUnsignedByte();
      if (version != VERSION) {
        throw new StateException(
            Kind.DAMAGED,
            "the session's record is of version %d; this process reads version %d"
                .formatted(version, VERSION));
      }
      SessionRecord record =
          new SessionRecord(
              in.readUTF(),
              in.readUTF(),
              in.readLong(),
              in.readUTF(),
              readTurn(in),
              readBlob(in),
              readState(in),
              readState(in));
      if (in.available() > 0) {
        throw new IOException(in.available() + " bytes too many");
      }
      return record;
    } catch (IOException | IllegalArgumentException e) {
      throw new StateException(
          Kind.DAMAGED,
          "the session's record of %d bytes cannot be read: %s"
              .formatted(bytes.length, e.getMessage()),
          e);
    }
  }

  private static void write(DataOutputStream out, SessionTurn turn) throws IOException {
    out.writeInt(turn.number());
    out.writeInt(turn.start());
    out.writeInt(turn.promptEnd());
    out.writeUTF(turn.digest());
    out.writeLong(turn.seed());
    out.writeUTF(turn.finish());
    out.writeInt(turn.tail().length);
    for (int id : turn.tail()) {
      out.writeInt(id);
    }
  }

  private static SessionTurn readTurn(DataInputStream in) throws IOException {
    int number = in.readInt();
    int start = in.readInt();
    int promptEnd = in.readInt();
    String digest = in.readUTF();
    long seed = in.readLong();
    String finish = in.readUTF();
    int count = in.readInt();
    if (count < 0 || count > in.available() / Integer.BYTES) {
      throw new IOException(
          "%d generated ids in the %d bytes that are left".formatted(count, in.available()));
    }
    int[] tail = new int[count];
    for (int i = 0; i < count; i++) {
      tail[i] = in.readInt();
    }
    return new SessionTurn(number, start, promptEnd, digest, seed, tail, finish);
  }

  private static void write(DataOutputStream out, BlobRef blob) throws IOException {
    out.writeUTF(blob.id());
    out.writeLong(blob.bytes());
    out.writeInt(blob.chunks());
  }

  private static BlobRef readBlob(DataInputStream in) throws IOException {
    return new BlobRef(in.readUTF(), in.readLong(), in.readInt());
  }

  private static void write(DataOutputStream out, Optional<StateRef> state) throws IOException {
    out.writeBoolean(state.isPresent());
    if (state.isPresent()) {
      write(out, state.get().blob());
      out.writeLong(state.get().tokens());
    }
  }

  private static Optional<StateRef> readState(DataInputStream in) throws IOException {
    return in.readBoolean()
        ? Optional.of(new StateRef(readBlob(in), in.readLong()))
        : Optional.empty();
  }

  /** Ids as chunks of a mebibyte. */
  static List<ByteBuffer> chunks(int[] ids) {
    List<ByteBuffer> chunks = new ArrayList<>();
    for (int from = 0; from < ids.length; from += CHUNK_IDS) {
      int count = Math.min(CHUNK_IDS, ids.length - from);
      ByteBuffer chunk = ByteBuffer.allocate(count * Integer.BYTES).order(ByteOrder.LITTLE_ENDIAN);
      chunk.asIntBuffer().put(ids, from, count);
      chunks.add(chunk);
    }
    return chunks;
  }

  /** Ids from what {@link #chunks} made. */
  static int[] ids(List<ByteBuffer> chunks) {
    int bytes = chunks.stream().mapToInt(ByteBuffer::remaining).sum();
    int[] ids = new int[bytes / Integer.BYTES];
    int at = 0;
    for (ByteBuffer chunk : chunks) {
      int count = chunk.remaining() / Integer.BYTES;
      chunk.duplicate().order(ByteOrder.LITTLE_ENDIAN).asIntBuffer().get(ids, at, count);
      at += count;
    }
    return ids;
  }
}
