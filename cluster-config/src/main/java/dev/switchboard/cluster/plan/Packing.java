package dev.switchboard.cluster.plan;

import java.util.Comparator;
import java.util.stream.IntStream;

/**
 * Puts things into packs, the heaviest first, each into the lightest pack that has room for it: the
 * balanced packing of EPLB (DeepSeek), with packs that may refuse a thing.
 */
final class Packing {
  static final int NONE = -1;

  private Packing() {}

  /** Where something can go. */
  interface Packs {
    int count();

    /** Whether a pack takes the thing now. */
    boolean takes(int pack, int thing);

    /** What it holds now; the lightest is chosen, among equals the first. */
    double weight(int pack);

    /** The thing is put there. */
    void put(int pack, int thing);
  }

  /** Things by weight, the heaviest first; equals in their order. */
  static int[] heaviestFirst(double[] weights) {
    return IntStream.range(0, weights.length)
        .boxed()
        .sorted(Comparator.comparingDouble(thing -> -weights[thing]))
        .mapToInt(thing -> thing)
        .toArray();
  }

  /**
   * @param things in the order in which they are put
   * @return for each of them its pack, or {@link #NONE}
   */
  static int[] pack(int[] things, Packs packs) {
    int[] chosen = new int[things.length];
    for (int i = 0; i < things.length; i++) {
      int best = NONE;
      for (int pack = 0; pack < packs.count(); pack++) {
        if (packs.takes(pack, things[i])
            && (best == NONE || packs.weight(pack) < packs.weight(best))) {
          best = pack;
        }
      }
      chosen[i] = best;
      if (best != NONE) {
        packs.put(best, things[i]);
      }
    }
    return chosen;
  }
}
