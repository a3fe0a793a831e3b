package dev.switchboard.model.kernel;

/**
 * Activations {@code [rows, columns]} as codes: signed bytes, and one F32 scale for each block of
 * 32 or 256 columns. Made by {@link Kernels#quantise}, once for all the matrices that take them;
 * codes and scales are also what travels. An activation is about code times scale.
 *
 * <p>Codes lie in [-127, 127]. A block whose largest magnitude is below 2^-100 is all zero with
 * scale 0; one with a NaN or an infinity has zero codes and scale NaN, so that every output it
 * meets is NaN and the row's owner, who looks for that, hears of it, while other rows are
 * undisturbed.
 *
 * <p>Reusable: arrays grow and stay. Not thread-safe: what kernels derive from the codes is made
 * when they first ask.
 */
public final class ActivationCodes {
  /** Columns whose codes' sum is kept, for minimums. */
  static final int SUM_COLUMNS = 16;

  private int rows;
  private int columns;
  private int block = BlockLayout.RUN;
  private byte[] codes = {};
  private float[] scales = {};
  private int[] sums = {};
  private int[] pairs = {};
  private float[] values = {};
  private boolean hasPairs;
  private boolean hasValues;

  /** Makes room; what was here is lost. Then fill codes and scales, and call {@link #received}. */
  public void resize(int rows, int columns, int block) {
    if (rows < 0 || columns < 1 || (block != 32 && block != 256) || columns % block != 0) {
      throw new IllegalArgumentException(
          "codes [" + rows + ", " + columns + "] in blocks of " + block);
    }
    this.rows = rows;
    this.columns = columns;
    this.block = block;
    int cells = Math.multiplyExact(rows, columns);
    if (codes.length < cells) {
      codes = new byte[grown(codes.length, cells)];
    }
    if (scales.length < cells / block) {
      scales = new float[grown(scales.length, cells / block)];
    }
    if (sums.length < cells / SUM_COLUMNS) {
      sums = new int[grown(sums.length, cells / SUM_COLUMNS)];
    }
    changed();
  }

  /** Takes rows of another, in any order: row i is {@code from}'s row {@code order[first + i]}. */
  public void gather(ActivationCodes from, int[] order, int first, int count) {
    resize(count, from.columns, from.block);
    int blocks = blocks();
    int sumsOfRow = columns / SUM_COLUMNS;
    for (int i = 0; i < count; i++) {
      int row = order[first + i];
      if (row < 0 || row >= from.rows) {
        throw new IllegalArgumentException("row " + row + " of " + from);
      }
      System.arraycopy(from.codes, row * columns, codes, i * columns, columns);
      System.arraycopy(from.scales, row * blocks, scales, i * blocks, blocks);
      System.arraycopy(from.sums, row * sumsOfRow, sums, i * sumsOfRow, sumsOfRow);
    }
    changed();
  }

  /** Takes one row of another of the same columns and blocks, after {@link #resize}. */
  public void put(int row, ActivationCodes from, int fromRow) {
    if (from.columns != columns || from.block != block || fromRow < 0 || fromRow >= from.rows) {
      throw new IllegalArgumentException("row " + fromRow + " of " + from + " for " + this);
    }
    int blocks = blocks();
    System.arraycopy(from.codes, fromRow * columns, codes, row * columns, columns);
    System.arraycopy(from.scales, fromRow * blocks, scales, row * blocks, blocks);
    int sumsOfRow = columns / SUM_COLUMNS;
    System.arraycopy(from.sums, fromRow * sumsOfRow, sums, row * sumsOfRow, sumsOfRow);
    changed();
  }

  /**
   * Checks codes and scales that came from elsewhere, after {@link #resize} and filling.
   *
   * @throws IllegalArgumentException naming the first code or scale that cannot be one
   */
  public void received() {
    for (int i = 0; i < rows * columns; i++) {
      if (codes[i] == Byte.MIN_VALUE) {
        throw new IllegalArgumentException(
            "code -128 in row "
                + i / columns
                + ", column "
                + i % columns
                + "; expected -127 to 127");
      }
    }
    for (int i = 0; i < rows * blocks(); i++) {
      if (scales[i] < 0f || scales[i] == Float.POSITIVE_INFINITY) {
        throw new IllegalArgumentException(
            "scale " + scales[i] + " in row " + i / blocks() + "; expected 0 or more, or NaN");
      }
    }
    sum(0, rows * columns);
    changed();
  }

  /** After codes and scales are there: what is derived from them is made anew when asked for. */
  void changed() {
    hasPairs = false;
    hasValues = false;
  }

  private static int grown(int length, int needed) {
    return Math.max(needed, length + length / 2);
  }

  public int rows() {
    return rows;
  }

  public int columns() {
    return columns;
  }

  /** Columns that share a scale: 32 or 256. */
  public int block() {
    return block;
  }

  /** Blocks of a row. */
  public int blocks() {
    return columns / block;
  }

  /** {@code [rows, columns]}, this object's own and perhaps longer. */
  public byte[] codes() {
    return codes;
  }

  /** {@code [rows, blocks]}, this object's own and perhaps longer. */
  public float[] scales() {
    return scales;
  }

  /** Sums of 16 codes each: {@code [rows, columns / 16]}. Made along with the codes. */
  int[] sums() {
    return sums;
  }

  /** Makes the sums of {@code count} codes from {@code first} on; multiples of 16. */
  void sum(int first, int count) {
    for (int i = first / SUM_COLUMNS; i < (first + count) / SUM_COLUMNS; i++) {
      int sum = 0;
      for (int k = i * SUM_COLUMNS; k < (i + 1) * SUM_COLUMNS; k++) {
        sum += codes[k];
      }
      sums[i] = sum;
    }
  }

  float scale(int row, int at) {
    return scales[row * (columns / block) + at];
  }

  /**
   * For integer kernels: for each four columns, two ints of two 16-bit codes each, those of columns
   * 0 and 2, then those of 1 and 3; {@code [rows, columns / 2]}.
   */
  int[] pairs() {
    if (!hasPairs) {
      int n = rows * columns / 2;
      if (pairs.length < n) {
        pairs = new int[grown(pairs.length, n)];
      }
      for (int i = 0; i < n; i += 2) {
        int k = 2 * i;
        pairs[i] = codes[k] & 0xffff | codes[k + 2] << 16;
        pairs[i + 1] = codes[k + 1] & 0xffff | codes[k + 3] << 16;
      }
      hasPairs = true;
    }
    return pairs;
  }

  /** The codes as floats: {@code [rows, columns]}. */
  float[] values() {
    if (!hasValues) {
      int n = rows * columns;
      if (values.length < n) {
        values = new float[grown(values.length, n)];
      }
      for (int i = 0; i < n; i++) {
        values[i] = codes[i];
      }
      hasValues = true;
    }
    return values;
  }

  @Override
  public String toString() {
    return "codes [" + rows + ", " + columns + "] in blocks of " + block;
  }
}
