package dev.switchboard.client.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FaultPlanTest {
  private static List<Fault> some(long seed, int routers, boolean wires) {
    FaultPlan plan = new FaultPlan(seed, List.of(FaultKind.values()), routers, 4, wires);
    return Stream.generate(plan::next).limit(44).toList();
  }

  @Test
  void theSameSeedGivesTheSameFaults() {
    assertThat(some(7, 2, true)).isEqualTo(some(7, 2, true)).isNotEqualTo(some(8, 2, true));
  }

  @Test
  void everyKindComesAsOftenAsAnyOther() {
    assertThat(some(1, 2, true).subList(0, 11))
        .extracting(Fault::kind)
        .containsExactlyInAnyOrder(FaultKind.values());
    for (FaultKind kind : FaultKind.values()) {
      assertThat(some(3, 2, true)).extracting(Fault::kind).filteredOn(kind::equals).hasSize(4);
    }
  }

  @Test
  void victimsAreThoseThatThereAre() {
    assertThat(some(1, 2, true))
        .allSatisfy(
            fault -> assertThat(fault.victim()).isBetween(0, fault.kind().ofRouter() ? 1 : 3));
  }

  @Test
  void withoutWiresNoneIsDisturbedAndTheOnlyRouterStays() {
    assertThat(some(1, 1, false))
        .extracting(Fault::kind)
        .containsOnly(
            FaultKind.NODE_KILLED,
            FaultKind.NODE_HUNG,
            FaultKind.NODE_SLOW,
            FaultKind.NODE_RESTARTED);
  }
}
