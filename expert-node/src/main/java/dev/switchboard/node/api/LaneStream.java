package dev.switchboard.node.api;

import com.google.protobuf.InvalidProtocolBufferException;
import dev.switchboard.node.runtime.BatchJob;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.SharedRows;
import dev.switchboard.proto.lane.LaneFrames;
import dev.switchboard.proto.lane.LanePort;
import dev.switchboard.proto.lane.SharedMemory;
import java.io.EOFException;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.ByteBuffer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A router's lane: batches are read, computed and answered by the computing thread, which is the
 * only one that touches it.
 */
final class LaneStream {
  private static final Logger LOG = LoggerFactory.getLogger(LaneStream.class);

  private final NodeContext node;
  private final LanePort port;
  private final SharedMemory memory;
  private final String router;
  private final Runnable onEnd;
  private boolean ended;

  /**
   * @param router whose lane it is
   * @param onEnd run once, when the lane has ended
   */
  LaneStream(NodeContext node, LanePort port, SharedMemory memory, String router, Runnable onEnd) {
    this.node = node;
    this.router = router;
    this.port = port;
    this.memory = memory;
    this.onEnd = onEnd;
  }

  /** Takes the frames that have come. */
  void receive() {
    guarded(() -> port.receive(this::admit));
  }

  /** Takes what the socket says. */
  void attend() {
    guarded(port::attend);
  }

  private interface LaneWork {
    void run() throws IOException;
  }

  private void guarded(LaneWork work) {
    if (ended) {
      return;
    }
    try {
      work.run();
    } catch (EOFException e) {
      LOG.debug("a lane has ended: {}", e.getMessage());
      end();
    } catch (IOException | UncheckedIOException e) {
      LOG.warn("a lane ends: {}", e.toString());
      end();
    }
  }

  private void admit(ByteBuffer frame) {
    LaneFrames.Batch batch = read(frame);
    long arrived = node.nanoTime().getAsLong();
    BatchJob job =
        new BatchJob(
            new ExpertBatchFrame(batch.header(), batch.activations()),
            arrived,
            arrived + ProcessStream.timeNanos(batch.header()),
            router,
            () -> ended,
            result -> answer(batch, result));
    if (!node.loop().offer(job)) {
      node.counters().refused();
      answer(batch, ProcessStream.refusal(node, batch.header()));
    }
  }

  private LaneFrames.Batch read(ByteBuffer frame) {
    try {
      return LaneFrames.batch(frame, memory.segment());
    } catch (InvalidProtocolBufferException e) {
      throw new UncheckedIOException("a frame that is no batch", e);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private void answer(LaneFrames.Batch batch, ExpertResultFrame result) {
    if (ended) {
      return;
    }
    try {
      long bytes = SharedRows.dataBytes(result.outputs());
      if (bytes > batch.outputsBytes()) {
        throw new IOException(
            "room for %d bytes of outputs where %d are due".formatted(batch.outputsBytes(), bytes));
      }
      SharedRows.write(result.outputs(), memory.segment(), batch.outputsAt(), 0);
      int length =
          LaneFrames.write(
              new LaneFrames.Result(
                  result.header(), result.outputs().count(), result.outputs().width()),
              port.frame());
      if (length < 0) {
        throw new IOException("an answer that no frame can hold");
      }
      port.send(length);
    } catch (IOException e) {
      LOG.warn("a lane ends: {}", e.toString());
      end();
    }
  }

  private void end() {
    if (ended) {
      return;
    }
    ended = true;
    try {
      port.close();
    } catch (IOException e) {
      LOG.debug("closing a lane: {}", e.toString());
    }
    onEnd.run();
  }
}
