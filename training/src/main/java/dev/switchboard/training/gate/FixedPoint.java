package dev.switchboard.training.gate;

/**
 * Numbers as 64-bit integers in units of 2^-40: their sum is exact, so it does not depend on who
 * adds what first. Room for sums up to 2^23 with a resolution of 1e-12.
 */
public final class FixedPoint {
  private static final double UNIT = 0x1p-40;
  private static final double LARGEST = 0x1p20;

  private FixedPoint() {}

  /** Nearest multiple of the unit, ties to even. */
  public static long of(double value) {
    if (!(Math.abs(value) <= LARGEST)) {
      throw new ArithmeticException("a gradient of " + value + " is out of range");
    }
    return (long) Math.rint(value / UNIT);
  }

  public static double toDouble(long fixed) {
    return fixed * UNIT;
  }

  /** Adds {@code more} to {@code sum}, element by element, and returns {@code sum}. */
  public static long[] add(long[] sum, long[] more) {
    if (sum.length != more.length) {
      throw new IllegalArgumentException(sum.length + " sums and " + more.length + " summands");
    }
    for (int i = 0; i < sum.length; i++) {
      sum[i] = Math.addExact(sum[i], more[i]);
    }
    return sum;
  }
}
