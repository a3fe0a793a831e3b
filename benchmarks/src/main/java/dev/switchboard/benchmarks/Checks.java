package dev.switchboard.benchmarks;

/** Checks options; a wrong one is a wrong usage. */
final class Checks {
  private static final int MOST_THREADS = 1024;

  private Checks() {}

  static int positive(String option, int value) {
    return atLeast(option, value, 1);
  }

  static int notNegative(String option, int value) {
    return atLeast(option, value, 0);
  }

  static int threads(String option, int value) {
    if (value > MOST_THREADS) {
      throw new UsageException(option + " " + value + ": expected 1 to " + MOST_THREADS);
    }
    return positive(option, value);
  }

  private static int atLeast(String option, int value, int least) {
    if (value < least) {
      throw new UsageException(option + " " + value + ": expected " + least + " or more");
    }
    return value;
  }
}
