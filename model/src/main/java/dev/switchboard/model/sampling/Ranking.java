package dev.switchboard.model.sampling;

import java.util.Arrays;

/**
 * Token ids by falling logit, ties to the lower id. Logit and id make one long key whose natural
 * order is that order, so that selecting and sorting need no comparator.
 */
final class Ranking {
  private Ranking() {}

  /** The k best of the candidates, best first. */
  static int[] best(float[] logits, int[] candidates, int k) {
    long[] keys = new long[candidates.length];
    for (int i = 0; i < keys.length; i++) {
      keys[i] = key(logits[candidates[i]], candidates[i]);
    }
    int kept = Math.min(k, keys.length);
    if (kept < keys.length) {
      select(keys, kept);
    }
    Arrays.sort(keys, 0, kept);
    int[] ids = new int[kept];
    for (int i = 0; i < kept; i++) {
      ids[i] = (int) keys[i];
    }
    return ids;
  }

  /** Smaller for a larger logit, then for a smaller id. */
  private static long key(float logit, int id) {
    // Adding +0 makes -0 into +0: equal floats must tie.
    int bits = Float.floatToRawIntBits(logit + 0f);
    int ascending = bits ^ ((bits >> 31) & 0x7fffffff);
    return ((long) ~ascending << 32) | id;
  }

  /** Moves the k smallest keys to the front, in any order (quickselect; keys are distinct). */
  private static void select(long[] keys, int k) {
    int from = 0;
    int to = keys.length - 1;
    while (from < to) {
      long pivot = keys[(from + to) >>> 1];
      int i = from;
      int j = to;
      while (i <= j) {
        while (keys[i] < pivot) {
          i++;
        }
        while (keys[j] > pivot) {
          j--;
        }
        if (i <= j) {
          long swapped = keys[i];
          keys[i++] = keys[j];
          keys[j--] = swapped;
        }
      }
      if (k - 1 <= j) {
        to = j;
      } else if (k - 1 >= i) {
        from = i;
      } else {
        return;
      }
    }
  }
}
