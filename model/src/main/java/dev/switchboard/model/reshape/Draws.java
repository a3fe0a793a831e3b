package dev.switchboard.model.reshape;

import dev.switchboard.model.sampling.Philox;

/**
 * Normal numbers by their place: the same for one seed, whoever asks first.
 *
 * @param key of the seed and of what the numbers are for
 */
record Draws(long key) {
  private static final long STEP = 0x9E3779B97F4A7C15L;

  /** For one purpose of one seed. */
  static Draws of(long seed, long... purpose) {
    long key = seed;
    for (long part : purpose) {
      key = mixed(key + STEP) ^ mixed(part * STEP + 1);
    }
    return new Draws(mixed(key));
  }

  /** Of mean 0 and deviation 1 (Box and Muller). */
  double normal(long at) {
    double radius = StrictMath.sqrt(-2 * StrictMath.log(1 - uniform(2 * at)));
    return radius * StrictMath.cos(2 * Math.PI * uniform(2 * at + 1));
  }

  /** In [0, 1). */
  double uniform(long at) {
    return (Philox.firstWord(key, at, 0) & 0xFFFFFFFFL) * 0x1p-32;
  }

  /** The finalizer of MurmurHash3. */
  private static long mixed(long z) {
    long a = (z ^ (z >>> 33)) * 0xFF51AFD7ED558CCDL;
    long b = (a ^ (a >>> 33)) * 0xC4CEB9FE1A85EC53L;
    return b ^ (b >>> 33);
  }
}
