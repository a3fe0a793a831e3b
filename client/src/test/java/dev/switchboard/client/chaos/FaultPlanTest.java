package dev.switchboard.client.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;

class FaultPlanTest {
  private static final int KINDS = FaultKind.values().length;

  private static FaultKind.Means means(boolean wires, int routers) {
    return new FaultKind.Means(wires, routers, 4, true);
  }

  private static List<Fault> some(long seed, FaultKind.Means means) {
    FaultPlan plan = new FaultPlan(seed, FaultKind.possible(means), means);
    return Stream.generate(plan::next).limit(4 * KINDS).toList();
  }

  @Test
  void theSameSeedGivesTheSameFaults() {
    assertThat(some(7, means(true, 2)))
        .isEqualTo(some(7, means(true, 2)))
        .isNotEqualTo(some(8, means(true, 2)));
  }

  @Test
  void everyKindComesAsOftenAsAnyOther() {
    assertThat(some(1, means(true, 2)).subList(0, KINDS))
        .extracting(Fault::kind)
        .containsExactlyInAnyOrder(FaultKind.values());
    for (FaultKind kind : FaultKind.values()) {
      assertThat(some(3, means(true, 2)))
          .extracting(Fault::kind)
          .filteredOn(kind::equals)
          .hasSize(4);
    }
  }

  @Test
  void victimsAreThoseThatThereAre() {
    FaultKind.Means means = means(true, 2);
    assertThat(some(1, means))
        .allSatisfy(
            fault -> assertThat(fault.victim()).isBetween(0, fault.kind().victims(means) - 1));
    assertThat(FaultKind.ROUTER_KILLED.victims(means)).isEqualTo(2);
    assertThat(FaultKind.CLOCK_JUMPED.victims(means)).isEqualTo(6);
    assertThat(FaultKind.PARTITIONED.victims(means)).isEqualTo(4);
  }

  @Test
  void withoutWiresNoneIsDisturbedAndTheOnlyRouterStays() {
    assertThat(FaultKind.possible(new FaultKind.Means(false, 1, 4, false)))
        .containsExactly(
            FaultKind.NODE_KILLED,
            FaultKind.NODE_LOST,
            FaultKind.NODE_HUNG,
            FaultKind.NODE_SLOW,
            FaultKind.NODE_RESTARTED,
            FaultKind.NODE_OUT_OF_MEMORY);
  }

  @Test
  void unlessAskedForThoseAreDoneThatLongRunsHaveShown() {
    assertThat(FaultKind.usual(means(true, 2)))
        .hasSize(11)
        .doesNotContain(FaultKind.DISK_FULL, FaultKind.TWO_AT_ONCE);
  }

  @Test
  void whatCannotBeDoneSaysWhy() {
    FaultKind.Means poor = new FaultKind.Means(false, 1, 1, false);
    assertThat(FaultKind.PARTITIONED.impossible(poor))
        .hasValueSatisfying(why -> assertThat(why).contains("tcp"));
    assertThat(FaultKind.ROUTER_KILLED.impossible(poor))
        .hasValueSatisfying(why -> assertThat(why).contains("two routers"));
    assertThat(FaultKind.NODE_LOST.impossible(poor))
        .hasValueSatisfying(why -> assertThat(why).contains("two nodes"));
    assertThat(FaultKind.DISK_FULL.impossible(poor))
        .hasValueSatisfying(why -> assertThat(why).contains("cc"));
  }
}
