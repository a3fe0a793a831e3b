package dev.switchboard.training.run;

import java.io.Serializable;
import java.time.Instant;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * How long a phase lasts: so many steps, or up to a time of day, or so much time.
 *
 * @param steps steps, if positive
 * @param minutes minutes, if {@code steps} is not positive and there is no {@code until}
 * @param until when the phase ends, whatever it has done by then
 */
public record Budget(long steps, double minutes, @Nullable Instant until) implements Serializable {
  public Budget {
    if (steps < 0 || !(minutes >= 0) || Double.isInfinite(minutes)) {
      throw new IllegalArgumentException(
          "a budget of " + steps + " steps, " + minutes + " minutes");
    }
    if (steps > 0 && until != null) {
      throw new IllegalArgumentException("a budget of " + steps + " steps and until " + until);
    }
  }

  public Budget(long steps, double minutes) {
    this(steps, minutes, null);
  }

  boolean empty() {
    return steps == 0 && minutes == 0 && until == null;
  }

  /**
   * Part that is used after a step, in [0, 1]. Towards a time of day what is left shrinks with the
   * time that is left, so that a run that was interrupted still ends annealed, and on time.
   *
   * @param before part that was used before the step
   * @param doneSteps steps done, with this one
   * @param doneSeconds seconds used, with this step
   * @param seconds of this step
   */
  double used(double before, long doneSteps, double doneSeconds, double seconds, Instant now) {
    if (steps > 0) {
      return Math.min(1, (double) doneSteps / steps);
    }
    if (until != null) {
      double left = secondsTo(until, now);
      return left <= 0 ? 1 : before + (1 - before) * seconds / (seconds + left);
    }
    return minutes > 0 ? Math.min(1, doneSeconds / (minutes * 60)) : 1;
  }

  /** Seconds that are left, as far as the pace so far tells. */
  Optional<Double> secondsLeft(double used, double doneSeconds, Instant now) {
    if (until != null) {
      return Optional.of(Math.max(0, secondsTo(until, now)));
    }
    return used > 0 ? Optional.of(doneSeconds * (1 - used) / used) : Optional.empty();
  }

  private static double secondsTo(Instant until, Instant now) {
    return (until.toEpochMilli() - now.toEpochMilli()) * 1e-3;
  }
}
