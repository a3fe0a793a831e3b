package dev.switchboard.proto.lane;

import com.google.protobuf.CodedInputStream;
import com.google.protobuf.CodedOutputStream;
import com.google.protobuf.MessageLite;
import dev.switchboard.proto.codec.SharedRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertResult;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.ByteBuffer;

/**
 * The two frames of a lane: where the tensor lies in the shared memory, then the message without
 * it. Numbers are little-endian.
 *
 * <pre>
 * batch:  rows:4 width:4 block:4 0:4 at:8 scalesAt:8 outputsAt:8 outputsBytes:8 ExpertBatch
 * result: rows:4 width:4 ExpertResult
 * </pre>
 */
public final class LaneFrames {
  private static final int BATCH_PREFIX = 48;
  private static final int RESULT_PREFIX = 8;

  /**
   * A batch as it arrives.
   *
   * @param outputsAt where its answer is to be written
   * @param outputsBytes room there
   */
  public record Batch(
      ExpertBatch header, SharedRows activations, long outputsAt, long outputsBytes) {}

  /** An answer as it arrives: rows of floats, where the batch has left room for them. */
  public record Result(ExpertResult header, int rows, int width) {}

  private LaneFrames() {}

  /** Writes a batch; returns its length, or -1 if the frame cannot hold it. */
  public static int write(Batch batch, ByteBuffer frame) throws IOException {
    SharedRows rows = batch.activations();
    frame.putInt(rows.count()).putInt(rows.width()).putInt(rows.block()).putInt(0);
    frame.putLong(rows.at()).putLong(rows.scalesAt());
    frame.putLong(batch.outputsAt()).putLong(batch.outputsBytes());
    return message(batch.header(), frame);
  }

  /** Writes an answer; returns its length, or -1 if the frame cannot hold it. */
  public static int write(Result result, ByteBuffer frame) throws IOException {
    frame.putInt(result.rows()).putInt(result.width());
    return message(result.header(), frame);
  }

  private static int message(MessageLite message, ByteBuffer frame) throws IOException {
    if (message.getSerializedSize() > frame.remaining()) {
      return -1;
    }
    CodedOutputStream out = CodedOutputStream.newInstance(frame);
    message.writeTo(out);
    out.flush();
    return frame.position();
  }

  /**
   * Reads a batch.
   *
   * @throws IOException if it is none, or points outside of the memory
   */
  public static Batch batch(ByteBuffer frame, MemorySegment memory) throws IOException {
    require(frame, BATCH_PREFIX);
    int count = frame.getInt();
    int width = frame.getInt();
    int block = frame.getInt();
    frame.getInt();
    long at = frame.getLong();
    long scalesAt = frame.getLong();
    long outputsAt = frame.getLong();
    long outputsBytes = frame.getLong();
    if (outputsBytes < 0 || outputsAt < 0 || outputsAt > memory.byteSize() - outputsBytes) {
      throw new IOException(
          "room for outputs of %d bytes at %d of %d shared ones"
              .formatted(outputsBytes, outputsAt, memory.byteSize()));
    }
    try {
      SharedRows rows = new SharedRows(count, width, block, memory, at, scalesAt);
      return new Batch(
          ExpertBatch.parseFrom(CodedInputStream.newInstance(frame)),
          rows,
          outputsAt,
          outputsBytes);
    } catch (IllegalArgumentException e) {
      throw new IOException(e.getMessage(), e);
    }
  }

  /**
   * Reads an answer.
   *
   * @throws IOException if it is none
   */
  public static Result result(ByteBuffer frame) throws IOException {
    require(frame, RESULT_PREFIX);
    int rows = frame.getInt();
    int width = frame.getInt();
    return new Result(ExpertResult.parseFrom(CodedInputStream.newInstance(frame)), rows, width);
  }

  private static void require(ByteBuffer frame, int bytes) throws IOException {
    if (frame.remaining() < bytes) {
      throw new IOException("a frame of " + frame.remaining() + " bytes; at least " + bytes);
    }
  }
}
