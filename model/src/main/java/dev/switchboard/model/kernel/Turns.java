package dev.switchboard.model.kernel;

/** Cosines and sines of rotary positions. */
public interface Turns {
  /** Pairs that turn. */
  int pairs();

  /** Whether pairs are neighbours (2i, 2i + 1); otherwise they are halves (i, i + pairs). */
  boolean neighbours();

  /** Where those of a position lie: {@code pairs} cosines, then as many sines, at {@link #at}. */
  float[] page(long position);

  /** Offset of a position in its page. */
  int at(long position);
}
