package dev.switchboard.proto.weights;

import com.google.protobuf.UnsafeByteOperations;
import dev.switchboard.proto.v1.ReadRequest;
import dev.switchboard.proto.v1.WeightChunk;
import io.grpc.stub.ServerCallStreamObserver;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicBoolean;

/** One reader's bytes, chunk after chunk, as fast as it takes them. Read and sent on one thread. */
final class ChunkStream {
  static final int CHUNK_BYTES = 512 << 10;

  private final MemorySegment data;
  private final ServerCallStreamObserver<WeightChunk> out;
  private final Runnable onEnd;
  private final boolean urgent;
  private final AtomicBoolean ended = new AtomicBoolean();
  private final AtomicBoolean queued = new AtomicBoolean();
  private final long end;
  private long next;

  /**
   * @param request a range that lies within the data
   * @param onEnd called once
   */
  ChunkStream(
      MemorySegment data,
      ReadRequest request,
      ServerCallStreamObserver<WeightChunk> out,
      Runnable onEnd) {
    this.data = data;
    this.out = out;
    this.onEnd = onEnd;
    this.urgent = request.getUrgent();
    this.next = request.getOffset();
    this.end = next + request.getLength();
  }

  /**
   * Sends the next chunk, if the network takes one.
   *
   * @return its bytes; 0 if there was none to send for now
   */
  int sendOne() {
    int sent = 0;
    if (!ended.get() && next < end && out.isReady()) {
      WeightChunk chunk = chunk();
      sent = chunk.getData().size();
      out.onNext(chunk);
    }
    if (next == end && !ended.get()) {
      end();
      out.onCompleted();
    }
    return sent;
  }

  /** Whether it is to be queued for its next chunk now: it waits in the queue once. */
  boolean isDue() {
    return queued.compareAndSet(false, true);
  }

  void itsTurn() {
    queued.set(false);
  }

  /** Whether its reader has nobody else to serve meanwhile. */
  boolean urgent() {
    return urgent;
  }

  private WeightChunk chunk() {
    int count = (int) Math.min(CHUNK_BYTES, end - next);
    MemorySegment slice = data.asSlice(next, count);
    byte[] bytes = slice.toArray(ValueLayout.JAVA_BYTE);
    if (slice.isMapped()) {
      // The pages were needed for this alone.
      slice.unload();
    }
    WeightChunk chunk =
        WeightChunk.newBuilder()
            .setOffset(next)
            .setCrc32C(Checksums.crc32c(bytes))
            .setData(UnsafeByteOperations.unsafeWrap(bytes))
            .build();
    next += count;
    return chunk;
  }

  /** Nothing more is sent. */
  void end() {
    if (ended.compareAndSet(false, true)) {
      onEnd.run();
    }
  }
}
