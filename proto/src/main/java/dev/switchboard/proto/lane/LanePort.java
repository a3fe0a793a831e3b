package dev.switchboard.proto.lane;

import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.nio.ByteBuffer;
import java.nio.channels.SelectionKey;
import java.nio.channels.Selector;
import java.util.function.Consumer;

/**
 * One side's end of a lane: frames go by two rings in the shared memory; the socket wakes a side
 * that sleeps, and says when the other has ended. Belongs to one thread, once it has been handed
 * over.
 */
public final class LanePort implements AutoCloseable {
  /** First in the memory: that it has this form. */
  private static final long FORM = 0x1a9e_5b0a_4d00_0002L;

  private static final long RINGS = 64;

  /** Where the memory for tensors begins. */
  public static final long TENSORS = LaneSpace.aligned(RINGS + 2 * LaneRing.BYTES);

  private final LaneSocket socket;
  private final LaneRing out;
  private final LaneRing in;

  private LanePort(LaneSocket socket, MemorySegment memory, boolean first) {
    this.socket = socket;
    LaneRing one = new LaneRing(memory.asSlice(RINGS, LaneRing.BYTES));
    LaneRing other = new LaneRing(memory.asSlice(RINGS + LaneRing.BYTES, LaneRing.BYTES));
    this.out = first ? one : other;
    this.in = first ? other : one;
  }

  /** Gives new memory its form; before the other side opens it. */
  public static void prepare(SharedMemory memory) {
    memory.segment().set(ValueLayout.JAVA_LONG, 0, FORM);
  }

  /** The end of the side that has made and prepared the memory. */
  public static LanePort ofMaker(LaneSocket socket, SharedMemory memory) {
    return new LanePort(socket, memory.segment(), true);
  }

  /**
   * The end of the side that has opened it.
   *
   * @throws IOException if it does not have the form
   */
  public static LanePort ofOpener(LaneSocket socket, SharedMemory memory) throws IOException {
    MemorySegment segment = memory.segment();
    if (segment.byteSize() < TENSORS || segment.get(ValueLayout.JAVA_LONG, 0) != FORM) {
      throw new IOException("memory for a lane in a form that is not known here");
    }
    return new LanePort(socket, segment, false);
  }

  SelectionKey register(Selector selector) throws IOException {
    return socket.register(selector);
  }

  /** Where the next frame is to be written: at most {@link LaneSocket#MOST_FRAME_BYTES}. */
  public ByteBuffer frame() {
    return out.frame();
  }

  /**
   * Sends what was written to {@link #frame}.
   *
   * @throws IOException if the other side is gone, or does not read
   */
  public void send(int length) throws IOException {
    if (out.send(length)) {
      socket.wake();
    }
  }

  /**
   * Hands on what has come, without waiting; returns how many frames. A frame is to be read within
   * the call.
   */
  public int receive(Consumer<ByteBuffer> reader) throws IOException {
    return in.receive(reader);
  }

  boolean pending() {
    return in.pending();
  }

  void asleep(boolean asleep) {
    in.asleep(asleep);
  }

  /**
   * Takes what the socket says.
   *
   * @throws java.io.EOFException if the other side has closed
   */
  public void attend() throws IOException {
    socket.drain();
  }

  @Override
  public void close() throws IOException {
    socket.close();
  }
}
