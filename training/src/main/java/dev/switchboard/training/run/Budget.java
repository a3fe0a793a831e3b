package dev.switchboard.training.run;

/**
 * How long a phase lasts: so many steps, or so much time.
 *
 * @param steps steps, if positive
 * @param minutes minutes, if {@code steps} is not positive
 */
public record Budget(long steps, double minutes) {
  public Budget {
    if (steps < 0 || !(minutes >= 0) || Double.isInfinite(minutes)) {
      throw new IllegalArgumentException(
          "a budget of " + steps + " steps, " + minutes + " minutes");
    }
  }

  /** Part that is used, in [0, 1]; an empty budget is used up. */
  double used(long doneSteps, double doneSeconds) {
    if (steps > 0) {
      return Math.min(1, (double) doneSteps / steps);
    }
    return minutes > 0 ? Math.min(1, doneSeconds / (minutes * 60)) : 1;
  }
}
