package dev.switchboard.node.runtime;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import org.junit.jupiter.api.Test;

class LeasesTest {
  private final Leases leases = new Leases(Duration.ofNanos(100));

  @Test
  void aRouterIsWaitedForAfterItsLastStream() {
    leases.opened("a");
    leases.opened("a");
    leases.opened("b");
    leases.closed("a", 10);
    assertThat(leases.expired(1000)).isEmpty();
    leases.closed("a", 1000);
    assertThat(leases.expired(1099)).isEmpty();
    assertThat(leases.expired(1100)).containsExactly("a");
    assertThat(leases.expired(5000)).as("told once").isEmpty();
  }

  @Test
  void oneThatComesBackInTimeKeepsItsStates() {
    leases.opened("a");
    leases.closed("a", 0);
    leases.opened("a");
    assertThat(leases.expired(1000)).isEmpty();
    leases.closed("a", 1000);
    leases.closed("never seen", 1000);
    assertThat(leases.expired(2000)).containsExactly("a");
  }
}
