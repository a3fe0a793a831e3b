package dev.switchboard.cluster.hazelcast;

import java.time.Duration;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A router that stood still for so long that others may have given it up does not know yet whom it
 * has lost, and who leads instead: it decides nothing until it has found its way back, or long
 * enough that it would have.
 */
final class LeaderPause {
  private static final Logger log = LoggerFactory.getLogger(LeaderPause.class);

  /** Noticing that all others are gone, and joining them again, takes less. */
  static final Duration REST = Duration.ofSeconds(20);

  /** Calls of a grid that has just lost somebody may take as long. */
  private static final Duration USUAL = Duration.ofSeconds(4);

  private final long silenceNanos;
  private boolean seen;
  private long lastNanos;
  private boolean resting;
  private long restUntilNanos;

  /**
   * @param heartbeatTimeout after which others give it up
   */
  LeaderPause(Duration heartbeatTimeout) {
    // Others count from its last heartbeat, which was a second earlier at the most.
    Duration silence = heartbeatTimeout.minusSeconds(1);
    this.silenceNanos = (silence.compareTo(USUAL) > 0 ? silence : USUAL).toNanos();
  }

  /** The router's grid is at work; told again and again. */
  void awake(long nowNanos) {
    if (seen && nowNanos - lastNanos >= silenceNanos) {
      log.warn(
          "this process stood still for {} ms: others may lead now",
          (nowNanos - lastNanos) / 1_000_000);
      resting = true;
      restUntilNanos = nowNanos + REST.toNanos();
    }
    seen = true;
    lastNanos = nowNanos;
  }

  /** It has joined the others again, and sees who leads. */
  void merged() {
    resting = false;
  }

  /** Whether it must not decide. */
  boolean rests(long nowNanos) {
    resting &= nowNanos - restUntilNanos < 0;
    return resting;
  }
}
