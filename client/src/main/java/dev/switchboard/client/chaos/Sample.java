package dev.switchboard.client.chaos;

import java.util.Arrays;
import java.util.Random;

/** Some of many values, each as likely as any other to be among them, and the largest of all. */
final class Sample {
  private static final int KEPT = 1 << 15;

  private final Random random = new Random(1);
  private final long[] kept;
  private int count;
  private long seen;
  private long most;

  Sample() {
    this(KEPT);
  }

  /**
   * @param room values that are kept at the most
   */
  Sample(int room) {
    this.kept = new long[room];
  }

  void add(long value) {
    seen++;
    most = Math.max(most, value);
    if (count < kept.length) {
      kept[count++] = value;
      return;
    }
    long at = random.nextLong(seen);
    if (at < kept.length) {
      kept[(int) at] = value;
    }
  }

  /** How many there were. */
  long seen() {
    return seen;
  }

  /** The largest; 0 of none. */
  long most() {
    return most;
  }

  /** Those that were kept. */
  long[] values() {
    return Arrays.copyOf(kept, count);
  }
}
