package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.Scratch;

/**
 * Shares what the recurrent mixers do beside their products out over a crew: rows, channels or
 * heads, none of which looks at another's results. What costs less than waking a worker stays with
 * the caller.
 */
final class Shares {
  /** So many for each thread, that a slow one does not keep the others waiting long. */
  private static final int PIECES_A_THREAD = 4;

  /** Values in and out that are worth a piece of their own. */
  private static final int PIECE_VALUES = 16 << 10;

  private Shares() {}

  /** Does some of the rows, channels or heads, with the scratch of whoever does it. */
  @FunctionalInterface
  interface Part {
    void run(int from, int to, Scratch scratch);
  }

  /** Whether sharing out is not worth it: then nothing needs to be allocated for it. */
  static boolean alone(Scratch scratch, int count, long valuesOfEach) {
    return scratch.crew().threads() == 1 || count * valuesOfEach < 2L * PIECE_VALUES;
  }

  /**
   * Runs all parts.
   *
   * @param unit parts begin at multiples of it
   */
  static void run(Scratch scratch, int count, int unit, long valuesOfEach, Part part) {
    int pieces = scratch.crew().threads() * PIECES_A_THREAD;
    long least = Math.ceilDiv(PIECE_VALUES, Math.max(1, valuesOfEach));
    long wanted = Math.max(least, Math.ceilDiv(count, pieces));
    int each = (int) Math.min(count, Math.ceilDiv(wanted, unit) * unit);
    scratch
        .crew()
        .run(
            (piece, worker) ->
                part.run(piece * each, Math.min(count, (piece + 1) * each), scratch.of(worker)),
            Math.ceilDiv(count, Math.max(1, each)));
  }
}
