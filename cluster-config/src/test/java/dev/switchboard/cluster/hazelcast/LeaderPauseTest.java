package dev.switchboard.cluster.hazelcast;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeaderPauseTest {
  private static final long SECOND = Duration.ofSeconds(1).toNanos();

  private final LeaderPause pause = new LeaderPause(Duration.ofSeconds(10));

  @Test
  void whoIsNeverSilentForLongDecides() {
    for (long at = -3; at < 60; at += 8) {
      pause.awake(at * SECOND);
      assertThat(pause.rests(at * SECOND)).isFalse();
    }
  }

  @Test
  void whoStoodStillRestsForAWhile() {
    pause.awake(0);
    pause.awake(9 * SECOND);
    for (long at = 10; at < 29; at++) {
      pause.awake(at * SECOND);
      assertThat(pause.rests(at * SECOND)).isTrue();
    }
    pause.awake(29 * SECOND);
    assertThat(pause.rests(29 * SECOND)).isFalse();
  }

  @Test
  void callsThatTakeAWhileAreNoPause() {
    LeaderPause short3 = new LeaderPause(Duration.ofSeconds(3));
    short3.awake(0);
    short3.awake(3 * SECOND);
    assertThat(short3.rests(3 * SECOND)).isFalse();
  }

  @Test
  void whoHasJoinedAgainKnows() {
    pause.awake(0);
    pause.awake(100 * SECOND);
    pause.merged();
    assertThat(pause.rests(100 * SECOND)).isFalse();
  }
}
