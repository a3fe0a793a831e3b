package dev.switchboard.router.engine;

import java.util.Arrays;

/**
 * What so many rows take, learned from measurements: for sizes 1, 2, 3, 4, 6, 8, 12 ... one figure
 * each. A measurement moves its own size's figure most and the others' a little, so that a machine
 * that gets slower for all sizes is noticed at once; it moves up faster than down, and never by
 * more than a factor of four, so that one hiccup does not count for much.
 */
final class CostTable {
  private static final int MOST_ROWS = 1 << 20;
  private static final double UP = 0.4;
  private static final double DOWN = 0.2;
  private static final double TO_OTHERS = 0.25;
  private static final double MOST_CHANGE = 4;

  /** A smaller batch costs more a row; by this, as long as nothing is known of it. */
  private static final double UNKNOWN_SMALLER = 2;

  /** Beyond what was measured a row is taken to cost so much more. */
  private static final double STEEPER = 1.25;

  /** With one size known, more rows are taken to cost less each: else they were never tried. */
  private static final double CURIOUS = 0.8;

  /** Rows that cost so little more than half as many are worth it though both take too long. */
  private static final double NEARLY_FREE = 1.25;

  private static final int[] SIZES = sizes();

  private final double[] nanos = new double[SIZES.length];

  private static int[] sizes() {
    int[] all = new int[64];
    int count = 0;
    all[count++] = 1;
    for (int size = 2; size <= MOST_ROWS; size *= 2) {
      all[count++] = size;
      all[count++] = size + size / 2;
    }
    return Arrays.copyOf(all, count);
  }

  boolean isEmpty() {
    return Arrays.stream(nanos).noneMatch(n -> n > 0);
  }

  /** Whether that many rows, or nearly, were measured. */
  boolean knows(double rows) {
    int at = index(rows);
    return nanos[at] > 0
        || at > 0 && nanos[at - 1] > 0
        || at + 1 < nanos.length && nanos[at + 1] > 0;
  }

  /**
   * @param rows at least 1
   * @param measured above 0
   */
  void observe(double rows, double measured) {
    int own = index(rows);
    double scaled = measured * SIZES[own] / rows;
    if (nanos[own] == 0) {
      nanos[own] = scaled;
      return;
    }
    double ratio = Math.clamp(scaled / nanos[own], 1 / MOST_CHANGE, MOST_CHANGE);
    double change = (ratio > 1 ? UP : DOWN) * (ratio - 1);
    for (int i = 0; i < nanos.length; i++) {
      nanos[i] *= 1 + (i == own ? change : TO_OTHERS * change);
    }
  }

  /** Nanoseconds; 0 if nothing was ever measured. */
  double estimate(double rows) {
    int below = knownFrom(index(rows));
    int above = index(rows) + 1;
    while (above < nanos.length && nanos[above] == 0) {
      above++;
    }
    if (above == nanos.length) {
      return below < 0 ? 0 : beyond(below, rows);
    }
    if (below < 0) {
      return nanos[above] * Math.min(1, UNKNOWN_SMALLER * rows / SIZES[above]);
    }
    double part = (rows - SIZES[below]) / (SIZES[above] - SIZES[below]);
    return nanos[below] + part * (nanos[above] - nanos[below]);
  }

  /** On along the line of the two largest that are known, a little steeper. */
  private double beyond(int largest, double rows) {
    int before = knownFrom(largest - 1);
    double proportional = nanos[largest] * rows / SIZES[largest];
    if (rows <= SIZES[largest]) {
      return proportional;
    }
    if (before < 0) {
      return CURIOUS * proportional;
    }
    double slope = (nanos[largest] - nanos[before]) / (SIZES[largest] - SIZES[before]);
    double line = nanos[largest] + STEEPER * Math.max(0, slope) * (rows - SIZES[largest]);
    return Math.min(line, proportional);
  }

  /** The next size that is known, from this one down; -1 if none is. */
  private int knownFrom(int at) {
    int known = at;
    while (known >= 0 && nanos[known] == 0) {
      known--;
    }
    return known;
  }

  /**
   * Most rows that take no longer than that, and no more than twice as many as were ever measured.
   * If not even one row does: as few as help, since weights that have to be read whole cost many
   * rows no more than one.
   *
   * @param most at least 1
   */
  int rowsWithin(double budgetNanos, int most) {
    int largest = knownFrom(SIZES.length - 1);
    int reach = largest < 0 ? most : Math.min(most, 2 * SIZES[largest]);
    for (int i = index(reach); i >= 0; i--) {
      int rows = i == index(reach) ? reach : SIZES[i];
      if (estimate(rows) <= budgetNanos) {
        return rows;
      }
    }
    int rows = 1;
    while (2 * rows <= reach && worthDoubling(rows, largest)) {
      rows *= 2;
    }
    return rows;
  }

  /** Twice what was measured is worth a try. */
  private boolean worthDoubling(int rows, int largest) {
    return 2 * rows > SIZES[largest] || estimate(2 * rows) <= NEARLY_FREE * estimate(rows);
  }

  private static int index(double rows) {
    int at = Arrays.binarySearch(SIZES, (int) Math.clamp(rows, 1, MOST_ROWS));
    return at >= 0 ? at : -at - 2;
  }
}
