package dev.switchboard.benchmarks;

/** Checks options; a wrong one is a wrong usage. */
final class Checks {
  private Checks() {}

  static int positive(String option, int value) {
    return atLeast(option, value, 1);
  }

  static int notNegative(String option, int value) {
    return atLeast(option, value, 0);
  }

  private static int atLeast(String option, int value, int least) {
    if (value < least) {
      throw new UsageException(option + " " + value + ": expected " + least + " or more");
    }
    return value;
  }
}
