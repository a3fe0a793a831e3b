package dev.switchboard.model.architecture;

/**
 * Which of a stored matrix's rows make a matrix: {@code first}, {@code first + step}, and so on.
 *
 * @param count rows taken
 * @param stored rows that the tensor has
 */
public record Rows(int first, int step, int count, int stored) {
  public Rows {
    if (first < 0 || step < 1 || count < 1 || first + (long) (count - 1) * step >= stored) {
      throw new IllegalArgumentException(
          count + " rows from " + first + " by " + step + " of " + stored);
    }
  }

  /** All of them, in order. */
  public static Rows all(int count) {
    return new Rows(0, 1, count, count);
  }

  /** {@code count} neighbours of {@code stored}. */
  public static Rows range(int first, int count, int stored) {
    return new Rows(first, 1, count, stored);
  }

  /** Every second row, from the first or from the second. */
  public static Rows everySecond(int first, int stored) {
    return new Rows(first, 2, stored / 2, stored);
  }

  /** The stored row that becomes row {@code index}. */
  public int stored(int index) {
    return first + index * step;
  }
}
