package dev.switchboard.cluster;

import java.util.Arrays;

/** Immutable counters {@code [layers, experts]}, tokens or rows. */
public final class ExpertCounts {
  private final int layers;
  private final int experts;
  private final long[] counts;

  private ExpertCounts(int layers, int experts, long[] counts) {
    this.layers = layers;
    this.experts = experts;
    this.counts = counts;
  }

  /**
   * @param counts row-major {@code [layers, experts]}; copied
   * @throws IllegalArgumentException if its length is not layers x experts
   */
  public static ExpertCounts of(int layers, int experts, long[] counts) {
    if (layers < 0 || experts < 0 || counts.length != (long) layers * experts) {
      throw new IllegalArgumentException(
          "%d counters for %d layers of %d experts".formatted(counts.length, layers, experts));
    }
    return new ExpertCounts(layers, experts, counts.clone());
  }

  /** All zero. */
  public static ExpertCounts zero(int layers, int experts) {
    return of(layers, experts, new long[Math.multiplyExact(layers, experts)]);
  }

  public int layers() {
    return layers;
  }

  public int experts() {
    return experts;
  }

  /** The counter of one expert. */
  public long get(int layer, int expert) {
    if (layer < 0 || layer >= layers || expert < 0 || expert >= experts) {
      throw new IndexOutOfBoundsException(
          "layer %d, expert %d of [%d, %d]".formatted(layer, expert, layers, experts));
    }
    return counts[layer * experts + expert];
  }

  /** Sum over all layers and experts. */
  public long total() {
    return Arrays.stream(counts).sum();
  }

  /** A copy, row-major {@code [layers, experts]}. */
  public long[] toArray() {
    return counts.clone();
  }

  /** Element-wise sum; where the shapes differ (another model), the result spans both. */
  public ExpertCounts plus(ExpertCounts other) {
    int allLayers = Math.max(layers, other.layers);
    int allExperts = Math.max(experts, other.experts);
    long[] sum = new long[allLayers * allExperts];
    addInto(sum, allExperts);
    other.addInto(sum, allExperts);
    return new ExpertCounts(allLayers, allExperts, sum);
  }

  private void addInto(long[] sum, int rowLength) {
    for (int layer = 0; layer < layers; layer++) {
      for (int expert = 0; expert < experts; expert++) {
        sum[layer * rowLength + expert] += counts[layer * experts + expert];
      }
    }
  }

  @Override
  public boolean equals(Object other) {
    return other instanceof ExpertCounts that
        && layers == that.layers
        && experts == that.experts
        && Arrays.equals(counts, that.counts);
  }

  @Override
  public int hashCode() {
    return 31 * (31 * layers + experts) + Arrays.hashCode(counts);
  }

  @Override
  public String toString() {
    return "ExpertCounts[" + layers + ", " + experts + "]" + Arrays.toString(counts);
  }
}
