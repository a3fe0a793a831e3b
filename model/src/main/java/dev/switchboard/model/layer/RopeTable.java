package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.Turns;

/**
 * Cosines and sines of positions, in F32: the angle is position times frequency, rounded to F32 as
 * the reference has it, its cosine and sine are StrictMath's. Grows with the longest sequence, in
 * pages that are made once and shared by all. Thread-safe.
 */
public final class RopeTable implements Turns {
  private static final int PAGE_POSITIONS = 256;

  /** Beyond it, F32 has no room for each position. */
  private static final long MAX_POSITION = 1 << 24;

  private final boolean interleaved;
  private final float[] frequencies;
  private final float magnitude;

  /** Of each position: cosines, then sines, one a pair. */
  private volatile float[][] pages = new float[0][];

  RopeTable(int dims, boolean interleaved, float[] frequencies, float magnitude) {
    Shapes.check("frequencies", frequencies, dims / 2);
    this.interleaved = interleaved;
    this.frequencies = frequencies;
    this.magnitude = magnitude;
  }

  /**
   * @throws IllegalArgumentException if the position is beyond 2^24
   */
  @Override
  public float[] page(long position) {
    if (position < 0 || position >= MAX_POSITION) {
      throw new IllegalArgumentException(
          "position " + position + "; rope knows those below " + MAX_POSITION);
    }
    int index = (int) (position / PAGE_POSITIONS);
    float[][] known = pages;
    return index < known.length ? known[index] : grown(index)[index];
  }

  private synchronized float[][] grown(int index) {
    int known = pages.length;
    if (index >= known) {
      float[][] more = new float[index + 1][];
      System.arraycopy(pages, 0, more, 0, known);
      for (int i = known; i <= index; i++) {
        more[i] = page((long) i * PAGE_POSITIONS, new float[PAGE_POSITIONS * 2 * pairs()]);
      }
      pages = more;
    }
    return pages;
  }

  private float[] page(long firstPosition, float[] page) {
    int pairs = pairs();
    for (int p = 0; p < PAGE_POSITIONS; p++) {
      for (int i = 0; i < pairs; i++) {
        float angle = (firstPosition + p) * frequencies[i];
        int at = p * 2 * pairs + i;
        page[at] = (float) StrictMath.cos(angle) * magnitude;
        page[at + pairs] = (float) StrictMath.sin(angle) * magnitude;
      }
    }
    return page;
  }

  @Override
  public int at(long position) {
    return (int) (position % PAGE_POSITIONS) * 2 * pairs();
  }

  @Override
  public boolean neighbours() {
    return interleaved;
  }

  @Override
  public int pairs() {
    return frequencies.length;
  }
}
