package dev.switchboard.router.engine;

/**
 * How far a generation had come that goes on now, here or on another router.
 *
 * @param generated tokens at the end of the request's prompt that it had generated: they count
 *     towards its limit, its text and stop strings run through them, the sampler takes them for
 *     what they are
 * @param delivered how many of those its reader has: the others are told again at the beginning,
 *     without log-probabilities and experts
 */
public record Resumed(int generated, int delivered) {
  public static final Resumed NOT = new Resumed(0, 0);

  public Resumed {
    if (generated < 0 || delivered < 0 || delivered > generated) {
      throw new IllegalArgumentException(
          "%d of %d generated tokens delivered".formatted(delivered, generated));
    }
  }
}
