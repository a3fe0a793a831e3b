package dev.switchboard.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.router.dispatch.LinkMachine.State;
import java.time.Duration;
import org.junit.jupiter.api.Test;

class LinkMachineTest {
  private final LinkMachine machine = new LinkMachine(Duration.ofMillis(50), Duration.ofSeconds(1));

  private static long millis(long nanos) {
    return Duration.ofNanos(nanos).toMillis();
  }

  @Test
  void waitsLongerAfterEveryFailureUpToABound() {
    long[] delays = new long[7];
    for (int i = 0; i < delays.length; i++) {
      delays[i] = millis(machine.broken("refused"));
      assertThat(machine.state()).isEqualTo(State.WAITING);
      assertThat(machine.reconnect()).isTrue();
    }
    assertThat(delays).containsExactly(50, 100, 200, 400, 800, 1000, 1000);
    machine.greeted();
    assertThat(machine.state()).isEqualTo(State.READY);
    assertThat(millis(machine.broken("silent"))).as("a greeting is no answer").isEqualTo(1000);
    machine.reconnect();
    machine.greeted();
    machine.answered();
    assertThat(millis(machine.broken("gone"))).isEqualTo(50);
    assertThat(machine.reason()).isEqualTo("gone");
  }

  @Test
  void aMismatchIsAskedAgainAtTheBoundOnly() {
    assertThat(millis(machine.refused("other model"))).isEqualTo(1000);
    assertThat(machine.state()).isEqualTo(State.REFUSED);
    assertThat(machine.broken("stream closed"))
        .as("its stream's end says nothing new")
        .isEqualTo(-1);
    assertThat(machine.reason()).isEqualTo("other model");
    assertThat(machine.reconnect()).isTrue();
    machine.greeted();
    assertThat(machine.state()).isEqualTo(State.READY);
  }

  @Test
  void nothingHappensOnceClosed() {
    machine.close();
    assertThat(machine.broken("late")).isEqualTo(-1);
    assertThat(machine.refused("late")).isEqualTo(-1);
    assertThat(machine.reconnect()).isFalse();
    machine.greeted();
    assertThat(machine.state()).isEqualTo(State.CLOSED);
  }
}
