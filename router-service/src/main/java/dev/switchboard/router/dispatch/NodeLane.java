package dev.switchboard.router.dispatch;

import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.codec.SharedRows;
import dev.switchboard.proto.codec.WireRows;
import dev.switchboard.proto.lane.LaneFrames;
import dev.switchboard.proto.lane.LanePort;
import dev.switchboard.proto.lane.LaneSocket;
import dev.switchboard.proto.lane.LaneSpace;
import dev.switchboard.proto.lane.LaneWait;
import dev.switchboard.proto.lane.SharedMemory;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.Hello;
import dev.switchboard.proto.v1.LaneHello;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.Consumer;

/**
 * The short way to a node of this host, beside its stream: tensors in memory that both map, frames
 * on a socket. It is used by the thread that sends and waits; others may only close it.
 */
final class NodeLane implements AutoCloseable {
  private static final long GREET_WITHIN_NANOS = TimeUnit.SECONDS.toNanos(2);

  /** An answer; its rows are valid until {@link #done}. */
  record Answer(ExpertResult header, SharedRows outputs) {
    long id() {
      return header.getId();
    }
  }

  /** What a batch has taken of the memory. */
  private record Taken(long part, long outputsAt, long outputsBytes) {}

  private final LanePort port;
  private final SharedMemory memory;
  private final LaneSpace space;
  private final Map<Long, Taken> taken = new HashMap<>();
  private final int nodeThreads;

  private NodeLane(LaneSocket socket, SharedMemory memory, int nodeThreads) {
    this.port = LanePort.ofMaker(socket, memory);
    this.memory = memory;
    this.nodeThreads = nodeThreads;
    this.space = new LaneSpace(memory.segment().byteSize() - LanePort.TENSORS);
  }

  /**
   * Connects and greets.
   *
   * @param bytes of memory to share for tensors
   * @throws IOException saying why there is no lane
   */
  static NodeLane open(Path socket, Hello mine, long bytes) throws IOException {
    try (Closing connected = new Closing(LaneSocket.connect(socket))) {
      return greet(connected, mine, LanePort.TENSORS + bytes);
    }
  }

  private static NodeLane greet(Closing connected, Hello mine, long all) throws IOException {
    SharedMemory memory = SharedMemory.create(all);
    try {
      LanePort.prepare(memory);
      LaneHello hello =
          LaneHello.newBuilder()
              .setHello(mine)
              .setMemoryFile(memory.file().toString())
              .setMemoryBytes(all)
              .build();
      ByteBuffer frame = connected.socket().frame().put(hello.toByteArray());
      connected.socket().send(frame.position());
      LaneHello theirs = LaneHello.parseFrom(connected.socket().await(GREET_WITHIN_NANOS));
      if (!theirs.getRefused().isEmpty()) {
        throw new IOException(theirs.getRefused());
      }
      Optional<String> mismatch = Handshake.check(mine, theirs.getHello());
      if (mismatch.isPresent()) {
        throw new IOException(mismatch.get());
      }
      return new NodeLane(connected.keep(), memory, theirs.getHello().getComputeThreads());
    } finally {
      memory.unlink();
    }
  }

  /** A socket that is closed unless it is kept. */
  private static final class Closing implements AutoCloseable {
    private final LaneSocket socket;
    private boolean kept;

    Closing(LaneSocket socket) {
      this.socket = socket;
    }

    LaneSocket socket() {
      return socket;
    }

    LaneSocket keep() {
      kept = true;
      return socket;
    }

    @Override
    public void close() throws IOException {
      if (!kept) {
        socket.close();
      }
    }
  }

  /** Threads of this host that the node computes with. */
  int nodeThreads() {
    return nodeThreads;
  }

  /** From now on its answers wake whoever waits there. */
  void waitOn(LaneWait wait, Runnable readable, Runnable attend) throws IOException {
    wait.add(port, readable, attend);
  }

  /**
   * Takes what its socket says.
   *
   * @throws IOException if the node is gone
   */
  void attend() throws IOException {
    port.attend();
  }

  /**
   * Sends a batch.
   *
   * @param rows of its answer
   * @return whether it fits; if not, nothing was sent
   * @throws IOException if the node is gone
   */
  boolean send(ExpertBatchFrame batch, int rows) throws IOException {
    WireRows activations = batch.activations();
    long scalesAt = LaneSpace.aligned(SharedRows.dataBytes(activations));
    long outputsAt = scalesAt + LaneSpace.aligned(SharedRows.scaleBytes(activations));
    long outputsBytes = (long) rows * activations.width() * Float.BYTES;
    long part = space.take(outputsAt + outputsBytes);
    if (part < 0) {
      return false;
    }
    long at = LanePort.TENSORS + part;
    SharedRows shared = SharedRows.write(activations, memory.segment(), at, at + scalesAt);
    int length =
        LaneFrames.write(
            new LaneFrames.Batch(batch.header(), shared, at + outputsAt, outputsBytes),
            port.frame());
    if (length < 0) {
      space.give(part);
      return false;
    }
    taken.put(batch.header().getId(), new Taken(part, at + outputsAt, outputsBytes));
    port.send(length);
    return true;
  }

  /**
   * Hands on the answers that have come.
   *
   * @throws IOException if the node is gone, or has sent what is no answer
   */
  void receive(Consumer<Answer> reader) throws IOException {
    try {
      port.receive(frame -> reader.accept(answer(frame)));
    } catch (UncheckedIOException e) {
      throw e.getCause();
    }
  }

  private Answer answer(ByteBuffer frame) {
    try {
      LaneFrames.Result result = LaneFrames.result(frame);
      Taken mine = taken.get(result.header().getId());
      long bytes = (long) result.rows() * result.width() * Float.BYTES;
      if (mine == null || result.rows() < 0 || result.width() < 0 || bytes > mine.outputsBytes()) {
        throw new IOException(
            "an answer of shape [%d, %d] for batch %d"
                .formatted(result.rows(), result.width(), result.header().getId()));
      }
      SharedRows outputs =
          new SharedRows(result.rows(), result.width(), 0, memory.segment(), mine.outputsAt(), 0);
      return new Answer(result.header(), outputs);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /** The batch's memory may be used for another. */
  void done(long id) {
    Taken mine = taken.remove(id);
    if (mine != null) {
      space.give(mine.part());
    }
  }

  @Override
  public void close() {
    try {
      port.close();
    } catch (IOException e) {
      throw new UncheckedIOException("closing a lane", e);
    }
  }
}
