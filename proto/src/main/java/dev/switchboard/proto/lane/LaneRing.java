package dev.switchboard.proto.lane;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.VarHandle;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.function.Consumer;

/**
 * Frames in one direction, in memory that both processes map: one writes, the other reads, neither
 * asks the system. How far each has come are numbers that only grow, each on a cache line of its
 * own; a frame is its length and its bytes, in one piece. Nothing that the other side has written
 * is believed before it fits, and a frame is copied before it is read.
 *
 * <pre>
 * 0: written:8   64: read:8   128: asleep:4   192: room, frame by frame: length:4 0:4 bytes, padded to 8
 * </pre>
 */
final class LaneRing {
  /** Room for frames; a power of two, and many times the longest one. */
  static final int ROOM_BYTES = 1 << 20;

  private static final long WRITTEN = 0;
  private static final long READ = 64;
  private static final long ASLEEP = 128;
  private static final long ROOM = 192;

  /** Of memory that a ring takes. */
  static final long BYTES = ROOM + ROOM_BYTES;

  private static final int PREFIX = 8;

  /** Instead of a length: the next frame is at the beginning of the room. */
  private static final int AROUND = -1;

  private static final VarHandle LONG = ValueLayout.JAVA_LONG.varHandle();
  private static final VarHandle INT = ValueLayout.JAVA_INT.varHandle();

  private final MemorySegment memory;
  private final byte[] bytes = new byte[LaneSocket.MOST_FRAME_BYTES];
  private long at;

  /**
   * @param memory of {@link #BYTES}, zeros at the beginning
   */
  LaneRing(MemorySegment memory) {
    this.memory = memory;
  }

  /** Where the next frame is to be written; {@link #send} takes it. For the side that writes. */
  ByteBuffer frame() {
    return ByteBuffer.wrap(bytes).order(ByteOrder.LITTLE_ENDIAN);
  }

  /**
   * Puts what was written to {@link #frame} where the other side sees it.
   *
   * @return whether that side is asleep and has to be woken
   * @throws IOException if there is no room: the other side does not read, or has written nonsense
   */
  boolean send(int length) throws IOException {
    long read = (long) LONG.getAcquire(memory, READ);
    if (read < 0 || read > at || at - read > ROOM_BYTES) {
      throw new IOException("the other side of the lane has read %d of %d".formatted(read, at));
    }
    int taken = taken(length);
    int place = (int) (at & ROOM_BYTES - 1);
    int around = place + taken > ROOM_BYTES ? ROOM_BYTES - place : 0;
    if (at + around + taken - read > ROOM_BYTES) {
      throw new IOException("the other side of the lane does not read");
    }
    if (around > 0) {
      memory.set(ValueLayout.JAVA_INT, ROOM + place, AROUND);
      at += around;
      place = 0;
    }
    memory.set(ValueLayout.JAVA_INT, ROOM + place, length);
    MemorySegment.copy(bytes, 0, memory, ValueLayout.JAVA_BYTE, ROOM + place + PREFIX, length);
    at += taken;
    LONG.setRelease(memory, WRITTEN, at);
    // The other side says that it sleeps, and then looks once more.
    VarHandle.fullFence();
    return (int) INT.getOpaque(memory, ASLEEP) != 0;
  }

  private static int taken(int length) {
    return PREFIX + (length + PREFIX - 1) / PREFIX * PREFIX;
  }

  /** Whether there are frames to read. For the side that reads. */
  boolean pending() {
    return (long) LONG.getAcquire(memory, WRITTEN) != at;
  }

  /**
   * Says whether the reading side sleeps; having said that it does, it has to look whether
   * something is {@link #pending}.
   */
  void asleep(boolean asleep) {
    INT.setOpaque(memory, ASLEEP, asleep ? 1 : 0);
    VarHandle.fullFence();
  }

  /**
   * Hands on the frames that have come; each is to be read within the call.
   *
   * @return how many
   * @throws IOException if what was written is no ring of frames
   */
  int receive(Consumer<ByteBuffer> reader) throws IOException {
    long written = (long) LONG.getAcquire(memory, WRITTEN);
    if (written < at || written - at > ROOM_BYTES) {
      throw new IOException(
          "the other side of the lane has written %d after %d".formatted(written, at));
    }
    int frames = 0;
    while (at < written) {
      int place = (int) (at & ROOM_BYTES - 1);
      int length = memory.get(ValueLayout.JAVA_INT, ROOM + place);
      if (length == AROUND && place > 0) {
        at += ROOM_BYTES - place;
        continue;
      }
      if (length < 0
          || length > bytes.length
          || taken(length) > Math.min(written - at, ROOM_BYTES - place)) {
        throw new IOException("a frame of " + length + " bytes; at most " + bytes.length);
      }
      MemorySegment.copy(memory, ValueLayout.JAVA_BYTE, ROOM + place + PREFIX, bytes, 0, length);
      at += taken(length);
      LONG.setRelease(memory, READ, at);
      frames++;
      reader.accept(ByteBuffer.wrap(bytes, 0, length).order(ByteOrder.LITTLE_ENDIAN));
    }
    LONG.setRelease(memory, READ, at);
    return frames;
  }
}
