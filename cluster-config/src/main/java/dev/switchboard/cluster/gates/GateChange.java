package dev.switchboard.cluster.gates;

import java.time.Instant;
import java.time.temporal.ChronoUnit;

/**
 * What was done to the gates of a deployment, once.
 *
 * @param from the version that was active before
 * @param version the one that the change is about
 * @param by who, when and why
 */
public record GateChange(Action action, String from, String version, By by) {
  /** What was done. */
  public enum Action {
    SHADOW,
    CANARY,
    PROMOTE,
    ROLLBACK
  }

  /**
   * @param who a name, or {@link #GUARD}
   * @param why for people; may be empty
   */
  public record By(String who, Instant when, String why) {
    /** Instead of a name: nobody asked for it, a measure was out of its bound. */
    public static final String GUARD = "guard";

    public By {
      // As it is written.
      when = when.truncatedTo(ChronoUnit.MILLIS);
    }
  }
}
