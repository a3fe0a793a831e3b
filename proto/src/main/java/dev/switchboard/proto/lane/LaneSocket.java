package dev.switchboard.proto.lane;

import java.io.EOFException;
import java.io.IOException;
import java.net.StandardProtocolFamily;
import java.net.UnixDomainSocketAddress;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.nio.channels.SocketChannel;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;

/**
 * The socket of a lane. Its greetings are frames: four bytes of length, little-endian, then the
 * frame. After them it only wakes who sleeps, and ends when the other side does. Belongs to one
 * thread, once it has been handed over.
 */
public final class LaneSocket implements AutoCloseable {
  /** Of one frame; longer messages go by gRPC. Well below what a socket holds. */
  public static final int MOST_FRAME_BYTES = 96 << 10;

  private static final int LENGTH_BYTES = Integer.BYTES;
  private static final long WRITE_WITHIN_NANOS = TimeUnit.MILLISECONDS.toNanos(200);

  private final SocketChannel channel;
  private final ByteBuffer in = buffer();
  private final ByteBuffer out = buffer();

  private LaneSocket(SocketChannel channel) throws IOException {
    this.channel = channel;
    channel.configureBlocking(false);
    in.limit(0);
  }

  private static ByteBuffer buffer() {
    return ByteBuffer.allocateDirect(LENGTH_BYTES + MOST_FRAME_BYTES)
        .order(ByteOrder.LITTLE_ENDIAN);
  }

  /** To the process that listens there. */
  public static LaneSocket connect(Path socket) throws IOException {
    SocketChannel channel = SocketChannel.open(StandardProtocolFamily.UNIX);
    try {
      channel.connect(UnixDomainSocketAddress.of(socket));
      return new LaneSocket(channel);
    } catch (IOException e) {
      channel.close();
      throw e;
    }
  }

  /** Takes over a connection that has come. */
  public static LaneSocket of(SocketChannel accepted) throws IOException {
    return new LaneSocket(accepted);
  }

  SelectionKey register(Selector selector) throws IOException {
    return channel.register(selector, SelectionKey.OP_READ);
  }

  /** Wakes the other side, which waits at its end. */
  void wake() throws IOException {
    // If there is no room for the byte, others that it has not read yet will wake it.
    channel.write(out.clear().limit(1));
  }

  /**
   * Takes the bytes that were to wake this side.
   *
   * @throws EOFException if the other side has closed
   */
  void drain() throws IOException {
    int read;
    do {
      read = channel.read(in.clear());
    } while (read > 0);
    in.limit(0);
    if (read < 0) {
      throw new EOFException("the other side of the lane has closed");
    }
  }

  /**
   * Where the next frame is to be written: at most {@link #MOST_FRAME_BYTES}; {@link #send} sends
   * it.
   */
  public ByteBuffer frame() {
    return out.clear().position(LENGTH_BYTES).slice().order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Sends what was written to {@link #frame}.
   *
   * @param length of it
   * @throws IOException if the other side is gone, or does not read
   */
  public void send(int length) throws IOException {
    out.clear().putInt(0, length).limit(LENGTH_BYTES + length);
    channel.write(out);
    if (out.hasRemaining()) {
      sendRest();
    }
  }

  private void sendRest() throws IOException {
    long begun = System.nanoTime();
    while (out.hasRemaining()) {
      if (System.nanoTime() - begun > WRITE_WITHIN_NANOS) {
        throw new IOException("the other side of the lane does not read");
      }
      Thread.onSpinWait();
      channel.write(out);
    }
  }

  /**
   * Hands on what has come, without waiting; returns how many frames. A frame is to be read within
   * the call.
   *
   * @throws EOFException if the other side has closed
   */
  public int receive(Consumer<ByteBuffer> reader) throws IOException {
    int frames = 0;
    in.compact();
    int read = channel.read(in);
    in.flip();
    for (ByteBuffer frame = next(); frame != null; frame = next()) {
      reader.accept(frame);
      frames++;
    }
    if (read < 0) {
      throw new EOFException("the other side of the lane has closed");
    }
    return frames;
  }

  private @Nullable ByteBuffer next() throws IOException {
    if (in.remaining() < LENGTH_BYTES) {
      return null;
    }
    int length = in.getInt(in.position());
    if (length < 0 || length > MOST_FRAME_BYTES) {
      throw new IOException("a frame of " + length + " bytes; at most " + MOST_FRAME_BYTES);
    }
    if (in.remaining() < LENGTH_BYTES + length) {
      return null;
    }
    ByteBuffer frame =
        in.slice(in.position() + LENGTH_BYTES, length).order(ByteOrder.LITTLE_ENDIAN);
    in.position(in.position() + LENGTH_BYTES + length);
    return frame;
  }

  /** The next frame, waited for; for greetings. */
  public byte[] await(long mostNanos) throws IOException {
    byte[][] got = new byte[1][];
    long begun = System.nanoTime();
    while (got[0] == null) {
      if (System.nanoTime() - begun > mostNanos) {
        throw new IOException("no greeting came on the lane");
      }
      receive(frame -> {
        got[0] = new byte[frame.remaining()];
        frame.get(got[0]);
      });
      if (got[0] == null) {
        LockSupport.parkNanos(this, 100_000);
      }
    }
    return got[0];
  }

  @Override
  public void close() throws IOException {
    channel.close();
  }
}
