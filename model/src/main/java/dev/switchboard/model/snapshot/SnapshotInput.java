package dev.switchboard.model.snapshot;

import java.io.EOFException;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.channels.FileChannel;
import java.util.ArrayDeque;
import java.util.List;

/** Bytes of a written snapshot, whose number is known before any is read. */
interface SnapshotInput {
  /** All of them. */
  long bytes() throws IOException;

  /** The next ones. */
  void read(byte[] into, int offset, int length) throws IOException;

  static SnapshotInput of(FileChannel file) {
    return new SnapshotInput() {
      @Override
      public long bytes() throws IOException {
        return file.size();
      }

      @Override
      public void read(byte[] into, int offset, int length) throws IOException {
        ByteBuffer buffer = ByteBuffer.wrap(into, offset, length);
        while (buffer.hasRemaining()) {
          if (file.read(buffer) < 0) {
            throw new EOFException("it became shorter while it was read");
          }
        }
      }
    };
  }

  static SnapshotInput of(List<ByteBuffer> pieces) {
    ArrayDeque<ByteBuffer> left = new ArrayDeque<>();
    pieces.forEach(piece -> left.add(piece.duplicate()));
    long bytes = pieces.stream().mapToLong(ByteBuffer::remaining).sum();
    return new SnapshotInput() {
      @Override
      public long bytes() {
        return bytes;
      }

      @Override
      public void read(byte[] into, int offset, int length) throws IOException {
        int at = offset;
        while (at < offset + length) {
          ByteBuffer piece = left.peek();
          if (piece == null) {
            throw new EOFException("no more pieces");
          }
          int some = Math.min(piece.remaining(), offset + length - at);
          piece.get(into, at, some);
          at += some;
          if (!piece.hasRemaining()) {
            left.remove();
          }
        }
      }
    };
  }
}
