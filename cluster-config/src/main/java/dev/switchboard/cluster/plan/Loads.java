package dev.switchboard.cluster.plan;

/** Immutable loads {@code [rows, items]}: tokens, or whatever else adds up. */
public final class Loads {
  private final int rows;
  private final int items;
  private final long[] values;

  private Loads(int rows, int items, long[] values) {
    this.rows = rows;
    this.items = items;
    this.values = values;
  }

  /**
   * @param values row-major {@code [rows, items]}; copied
   * @throws IllegalArgumentException if there are more or fewer, or one is negative
   */
  public static Loads of(int rows, int items, long[] values) {
    if (rows < 0 || items < 0 || values.length != (long) rows * items) {
      throw new IllegalArgumentException(
          "%d loads for %d rows of %d items".formatted(values.length, rows, items));
    }
    for (int i = 0; i < values.length; i++) {
      if (values[i] < 0) {
        throw new IllegalArgumentException(
            "load %d of item %d in row %d".formatted(values[i], i % items, i / items));
      }
    }
    return new Loads(rows, items, values.clone());
  }

  public int rows() {
    return rows;
  }

  public int items() {
    return items;
  }

  /** The load of one item. */
  public long get(int row, int item) {
    return values[row * items + item];
  }
}
