package dev.switchboard.training.run;

import dev.switchboard.training.run.ExpertSettings.Rates;

/**
 * How one more expert is trained.
 *
 * @param name of its domain
 * @param rows sequences that each thread reads in a step
 * @param length tokens of a sequence
 */
public record NewExpertSettings(
    String name, Budget budget, int rows, int length, long seed, int threads, Rates rates) {
  public NewExpertSettings {
    if (threads <= 0 || rows <= 0 || length <= 0 || length > 64 && length % 64 != 0) {
      throw new IllegalArgumentException(
          "%d threads with %d sequences of %d tokens; a sequence of more than 64 is a multiple of 64"
              .formatted(threads, rows, length));
    }
    if (budget.empty()) {
      throw new IllegalArgumentException("an expert is trained for some minutes or steps");
    }
  }
}
