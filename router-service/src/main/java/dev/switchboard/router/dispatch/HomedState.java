package dev.switchboard.router.dispatch;

import com.google.protobuf.ByteString;
import java.util.Arrays;

/**
 * One state of a sequence: the node where it lives, and what rebuilds it on another: a copy of it
 * at some version, and the rows that have moved it since.
 */
final class HomedState {
  private static final int FIRST_ROWS = 4;

  private final int width;
  private int link;
  private long version;
  private boolean kept = true;
  private ByteString copy = ByteString.EMPTY;
  private float[] rows = {};
  private int rowCount;

  /**
   * A state before its first token.
   *
   * @param width of its expert's rows
   */
  HomedState(int width) {
    this.width = width;
    this.link = StateHomes.ADRIFT;
  }

  /** A state that no node has yet. */
  HomedState(int width, long version, ByteString copy) {
    this(width);
    this.version = version;
    this.copy = copy;
  }

  /** Another sequence's, at the same point; no node has it yet. */
  HomedState fork() {
    HomedState fork = new HomedState(width, version, copy);
    fork.kept = kept;
    fork.rows = Arrays.copyOf(rows, rowCount * width);
    fork.rowCount = rowCount;
    return fork;
  }

  int width() {
    return width;
  }

  /** Number of the link, or {@link StateHomes#ADRIFT}. */
  int link() {
    return link;
  }

  /** Tokens that it has seen. */
  long version() {
    return version;
  }

  /** Whether it can be rebuilt. */
  boolean kept() {
    return kept;
  }

  /** As its node gave it {@link #rowCount} tokens ago; empty: a new state. */
  ByteString copy() {
    return copy;
  }

  long copyVersion() {
    return version - rowCount;
  }

  /** Rows to replay on the copy, {@code [rowCount, width]}. */
  float[] rows() {
    return rows;
  }

  int rowCount() {
    return rowCount;
  }

  /** Memory that is kept for rebuilding. */
  long bytes() {
    return copy.size() + (long) Float.BYTES * rows.length;
  }

  void adrift() {
    link = StateHomes.ADRIFT;
  }

  /** Its node has moved it by some rows; each is then given to {@link #append}. */
  void moved(int toLink, int byRows) {
    link = toLink;
    version += byRows;
  }

  /** Keeps a row that has moved it, so that it can be moved so again. */
  void append(float[] from, int offset) {
    if (!kept) {
      return;
    }
    if (rows.length < (rowCount + 1) * width) {
      rows = Arrays.copyOf(rows, Math.max(FIRST_ROWS, 2 * rowCount) * width);
    }
    System.arraycopy(from, offset, rows, rowCount * width, width);
    rowCount++;
  }

  /** It is known as it is now. */
  void known(ByteString state) {
    kept = true;
    copy = state;
    rowCount = 0;
  }

  /** There is no memory to keep what would rebuild it. */
  void forgetCopy() {
    kept = false;
    copy = ByteString.EMPTY;
    rows = new float[0];
    rowCount = 0;
  }
}
