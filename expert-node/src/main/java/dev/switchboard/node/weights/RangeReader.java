package dev.switchboard.node.weights;

import dev.switchboard.model.memory.Pace;
import dev.switchboard.proto.v1.ReadRequest;
import dev.switchboard.proto.v1.WeightChunk;
import dev.switchboard.proto.v1.WeightsGrpc;
import dev.switchboard.proto.weights.Checksums;
import io.grpc.Channel;
import io.grpc.Context;
import io.grpc.StatusRuntimeException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;
import java.util.Iterator;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.TimeUnit;
import java.util.zip.CRC32C;

/**
 * One call for neighbouring bytes of a tensor. What has arrived and is sound stays, whatever
 * becomes of the call.
 */
final class RangeReader {
  /** Bytes of one call: what one deadline is for. */
  static final int CALL_BYTES = 32 << 20;

  /** Part of a deadline within which one that moves has brought something. */
  private static final int MOVING = 4;

  private final String fingerprint;
  private final String tensor;
  private final long offset;
  private final MemorySegment into;
  private final Pace pace = Pace.current();
  private final Set<WeightSource> givers = new LinkedHashSet<>();
  private CRC32C sum = new CRC32C();
  private long done;
  private long lastNanos;

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

  /** The tensor. */
  String name() {
    return tensor;
  }

  /** Bytes that are there. */
  long done() {
    return done;
  }

  /** CRC-32C of the bytes that are there. */
  int sum() {
    return (int) sum.getValue();
  }

  /** Who gave some of them. */
  List<WeightSource> givers() {
    return List.copyOf(givers);
  }

  /** Forgets them all. */
  void restart() {
    done = 0;
    sum = new CRC32C();
    givers.clear();
  }

  /** All bytes, as a request. */
  ReadRequest whole() {
    return request(0, into.byteSize());
  }

  private ReadRequest request(long from, long length) {
    return ReadRequest.newBuilder()
        .setModelFingerprint(fingerprint)
        .setTensor(tensor)
        .setOffset(offset + from)
        .setLength(length)
        .setUrgent(pace.urgent())
        .build();
  }

  /**
   * Whether the source was still giving when time was over: it is slow, or made to be, and not
   * stuck.
   */
  boolean wasMoving(long deadlineNanos) {
    return System.nanoTime() - lastNanos < deadlineNanos / MOVING;
  }

  /**
   * Goes on from the last good byte, as far as one call goes.
   *
   * @throws StatusRuntimeException as the source or the network says
   * @throws BadChunkException if what came is not what was asked for
   */
  void read(WeightSource source, Channel channel, long deadlineNanos) {
    long wanted = Math.min(CALL_BYTES, into.byteSize() - done);
    long end = done + wanted;
    ReadRequest request = request(done, wanted);
    lastNanos = System.nanoTime() - deadlineNanos;
    Context.CancellableContext call = Context.current().withCancellation();
    Context before = call.attach();
    try {
      Iterator<WeightChunk> chunks =
          WeightsGrpc.newBlockingStub(channel)
              .withDeadlineAfter(deadlineNanos, TimeUnit.NANOSECONDS)
              .read(request);
      while (chunks.hasNext()) {
        take(source, chunks.next(), end);
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

  private void take(WeightSource source, WeightChunk chunk, long end) {
    int size = chunk.getData().size();
    if (chunk.getOffset() != offset + done || size == 0 || size > end - done) {
      throw new BadChunkException(
          "a chunk of %d bytes at %d; expected those from %d to %d"
              .formatted(size, chunk.getOffset(), offset + done, offset + end));
    }
    ByteBuffer bytes = chunk.getData().asReadOnlyByteBuffer();
    int crc = Checksums.crc32c(bytes.duplicate());
    if (crc != chunk.getCrc32C()) {
      throw new BadChunkException(
          "a chunk at %d with CRC-32C %08x; it says %08x"
              .formatted(chunk.getOffset(), crc, chunk.getCrc32C()));
    }
    chunk.getData().copyTo(into.asSlice(done, size).asByteBuffer());
    sum.update(bytes);
    givers.add(source);
    done += size;
    lastNanos = System.nanoTime();
    pace.worked(size);
  }

  /** What came is not what was asked for. */
  static final class BadChunkException extends RuntimeException {
    private static final long serialVersionUID = 1;

    BadChunkException(String message) {
      super(message);
    }
  }
}
