package dev.switchboard.simulation;

/** Numbers that follow from what they are for, and from nothing that happens. */
final class Chance {
  private Chance() {}

  /** SplitMix64's finisher, over three numbers. */
  static long mix(long one, long two, long three) {
    return mix(mix(mix(one) + two) + three);
  }

  private static long mix(long value) {
    long z = value + 0x9E3779B97F4A7C15L;
    z = (z ^ (z >>> 30)) * 0xBF58476D1CE4E5B9L;
    z = (z ^ (z >>> 27)) * 0x94D049BB133111EBL;
    return z ^ (z >>> 31);
  }

  /** Between -1 and 1. */
  static float unit(long of) {
    return (mix(of) >> 40) / (float) (1 << 23);
  }
}
