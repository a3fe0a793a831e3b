package dev.switchboard.proto.weights;

import com.google.protobuf.UnsafeByteOperations;
import dev.switchboard.proto.v1.ReadRequest;
import dev.switchboard.proto.v1.WeightChunk;
import io.grpc.stub.ServerCallStreamObserver;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.concurrent.atomic.AtomicBoolean;

/** One reader's bytes, chunk after chunk, as fast as it takes them. Sent on one thread. */
final class ChunkStream {
  static final int CHUNK_BYTES = 512 << 10;

  private final MemorySegment data;
  private final ServerCallStreamObserver<WeightChunk> out;
  private final Runnable onEnd;
  private final AtomicBoolean ended = new AtomicBoolean();
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
    this.next = request.getOffset();
    this.end = next + request.getLength();
  }

  /** Sends until the network has enough for now, or everything is sent. */
  void sendOn() {
    while (!ended.get() && next < end && out.isReady()) {
      out.onNext(chunk());
    }
    if (next == end && !ended.get()) {
      end();
      out.onCompleted();
    }
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
