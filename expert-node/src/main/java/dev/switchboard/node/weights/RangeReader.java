package dev.switchboard.node.weights;

import dev.switchboard.proto.v1.ReadRequest;
import dev.switchboard.proto.v1.WeightChunk;
import dev.switchboard.proto.v1.WeightsGrpc;
import dev.switchboard.proto.weights.Checksums;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.lang.foreign.MemorySegment;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;

/**
 * One call for neighbouring bytes of a tensor. What has arrived and is sound stays, whatever
 * becomes of the call.
 */
final class RangeReader {
  /** Bytes of one call: what one deadline is for. */
  static final int CALL_BYTES = 32 << 20;

  private final String fingerprint;
  private final String tensor;
  private final long offset;
  private final MemorySegment into;
  private long done;

  /**
   * @param offset of the first byte, from the start of the tensor's data
   * @param into takes all of them
   */
  RangeReader(String fingerprint, String tensor, long offset, MemorySegment into) {
    this.fingerprint = fingerprint;
    this.tensor = tensor;
    this.offset = offset;
    this.into = into;
  }

  boolean complete() {
    return done == into.byteSize();
  }

  /** Bytes that are there. */
  long done() {
    return done;
  }

  /**
   * Goes on from the last good byte, as far as one call goes.
   *
   * @throws StatusRuntimeException as the source or the network says
   * @throws BadChunkException if what came is not what was asked for
   */
  void read(Channel channel, long deadlineNanos) {
    long wanted = Math.min(CALL_BYTES, into.byteSize() - done);
    long end = done + wanted;
    ReadRequest request =
        ReadRequest.newBuilder()
            .setModelFingerprint(fingerprint)
            .setTensor(tensor)
            .setOffset(offset + done)
            .setLength(wanted)
            .build();
    Context.CancellableContext call = Context.current().withCancellation();
    Context before = call.attach();
    try {
      Iterator<WeightChunk> chunks =
          WeightsGrpc.newBlockingStub(channel)
              .withDeadlineAfter(deadlineNanos, TimeUnit.NANOSECONDS)
              .read(request);
      while (chunks.hasNext()) {
        take(chunks.next(), end);
      }
      if (done < end) {
        throw new BadChunkException(
            "the stream ended after %d of %d bytes".formatted(wanted - (end - done), wanted));
      }
    } finally {
      call.detach(before);
      // Ends the call also where a chunk was refused.
      call.cancel(null);
    }
  }

  private void take(WeightChunk chunk, long end) {
    int size = chunk.getData().size();
    if (chunk.getOffset() != offset + done || size == 0 || size > end - done) {
      throw new BadChunkException(
          "a chunk of %d bytes at %d; expected those from %d to %d"
              .formatted(size, chunk.getOffset(), offset + done, offset + end));
    }
    int crc = Checksums.crc32c(chunk.getData().asReadOnlyByteBuffer());
    if (crc != chunk.getCrc32C()) {
      throw new BadChunkException(
          "a chunk at %d with CRC-32C %08x; it says %08x"
              .formatted(chunk.getOffset(), crc, chunk.getCrc32C()));
    }
    chunk.getData().copyTo(into.asSlice(done, size).asByteBuffer());
    done += size;
  }

  /** What came is not what was asked for. */
  static final class BadChunkException extends RuntimeException {
    private static final long serialVersionUID = 1;

    BadChunkException(String message) {
      super(message);
    }
  }
}
