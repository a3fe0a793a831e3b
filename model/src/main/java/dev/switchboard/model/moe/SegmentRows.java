package dev.switchboard.model.moe;

/**
 * Neighbouring segments of a step.
 *
 * @param starts the rows of segment i are {@code starts[i]} to {@code starts[i + 1]}
 * @param from the first segment meant
 * @param to behind the last one
 */
@SuppressWarnings("ArrayRecordComponent") // the step's own, never compared
public record SegmentRows(int[] starts, int from, int to) {
  /** All segments. */
  public static SegmentRows all(int[] starts, int segments) {
    return new SegmentRows(starts, 0, segments);
  }

  public int firstRow() {
    return starts[from];
  }

  /** Number of rows. */
  public int rows() {
    return starts[to] - starts[from];
  }
}
