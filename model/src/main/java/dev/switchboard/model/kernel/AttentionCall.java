package dev.switchboard.model.kernel;

import java.lang.foreign.MemorySegment;

/**
 * What one call of {@link AttentionKernels#attend} asks for, and where its rows lie: row i of a
 * key-value head is query head {@code i mod group} of token {@code i / group}. Written by the
 * thread that calls, read by its crew.
 */
final class AttentionCall {
  AttentionShape shape;
  KvPages pages;
  long position;
  int tokens;

  /** From a segment to the one that the same thread will probably take next. */
  int segmentStep;

  float[] in = {};
  int inOffset;
  float[] sinks = {};
  float[] out = {};
  int outOffset;

  @SuppressWarnings("NullAway.Init") // shape and pages are those of a call
  AttentionCall() {}

  /** Rows of a key-value head. */
  int rows() {
    return tokens * shape.group();
  }

  long position(int row) {
    return position + row / shape.group();
  }

  /** Where the first segment begins that the row looks at. */
  long firstSegment(int row) {
    return shape.firstKey(position(row)) / PagedAttention.SEGMENT * PagedAttention.SEGMENT;
  }

  /** Index of a row's query head among those of all tokens. */
  int headIndex(int head, int row) {
    int group = shape.group();
    return row / group * shape.heads() + head * group + row % group;
  }

  MemorySegment block(long key) {
    return pages.block((int) (key / KvShape.BLOCK_KEYS));
  }

  /** First of {@code keys} keys from {@code start} on that the row sees, relative to it. */
  int from(int row, long start, int keys) {
    return (int) Math.clamp(shape.firstKey(position(row)) - start, 0, keys);
  }

  /** End of the keys, among {@code keys} from {@code start} on, that the row sees. */
  int to(int row, long start, int keys) {
    return (int) Math.clamp(position(row) + 1 - start, 0, keys);
  }
}
