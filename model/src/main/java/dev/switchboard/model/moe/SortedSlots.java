package dev.switchboard.model.moe;

import java.util.Arrays;

/**
 * The (token, rank) slots of a call sorted by expert, those of an expert in order of tokens; slots
 * of dead tokens are left out. Used again for each call.
 */
final class SortedSlots {
  private int[] slots = new int[0];
  private int[] tokens = new int[0];
  private int[] starts = new int[1];

  void sort(MoeCall call, int experts) {
    int k = call.routing().topK();
    int all = call.tokens() * k;
    if (slots.length < all) {
      slots = new int[all];
      tokens = new int[all];
    }
    if (starts.length < experts + 1) {
      starts = new int[experts + 1];
    }
    Arrays.fill(starts, 0, experts + 1, 0);
    int[] chosen = call.routing().experts();
    for (int slot = 0; slot < all; slot++) {
      if (!call.dead()[slot / k]) {
        starts[chosen[slot] + 1]++;
      }
    }
    for (int e = 0; e < experts; e++) {
      starts[e + 1] += starts[e];
    }
    for (int slot = 0; slot < all; slot++) {
      if (!call.dead()[slot / k]) {
        int at = starts[chosen[slot]]++;
        slots[at] = slot;
        tokens[at] = slot / k;
      }
    }
    // Each start has moved to its expert's end, which is the next one's start.
    System.arraycopy(starts, 0, starts, 1, experts);
    starts[0] = 0;
  }

  /** Where the slots of an expert begin; those of the last end where the one after would begin. */
  int start(int expert) {
    return starts[expert];
  }

  int slot(int at) {
    return slots[at];
  }

  int token(int at) {
    return tokens[at];
  }

  /** Tokens of the sorted slots, this object's own. */
  int[] tokens() {
    return tokens;
  }
}
