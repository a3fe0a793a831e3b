package dev.switchboard.cluster;

import java.util.concurrent.atomic.AtomicLongArray;

/**
 * Counts tokens per layer and expert; any thread may add, any may take a snapshot. Never touches
 * the network.
 */
public final class ExpertCounter {
  private final int layers;
  private final int experts;
  private final AtomicLongArray counts;

  public ExpertCounter(int layers, int experts) {
    this.layers = layers;
    this.experts = experts;
    this.counts = new AtomicLongArray(Math.multiplyExact(layers, experts));
  }

  /** Adds tokens to one expert's counter. */
  public void add(int layer, int expert, long tokens) {
    if (layer < 0 || layer >= layers || expert < 0 || expert >= experts) {
      throw new IndexOutOfBoundsException(
          "layer %d, expert %d of [%d, %d]".formatted(layer, expert, layers, experts));
    }
    counts.addAndGet(layer * experts + expert, tokens);
  }

  /** The counters now; each is exact, together they are exact when nobody is adding. */
  public ExpertCounts snapshot() {
    long[] now = new long[counts.length()];
    for (int i = 0; i < now.length; i++) {
      now[i] = counts.get(i);
    }
    return ExpertCounts.of(layers, experts, now);
  }
}
