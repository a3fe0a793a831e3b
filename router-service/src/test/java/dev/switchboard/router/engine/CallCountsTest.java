package dev.switchboard.router.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.RoutingTrace;
import org.junit.jupiter.api.Test;

class CallCountsTest {
  private static RoutingTrace chose(int... experts) {
    return new RoutingTrace(1, experts.length, 1, experts, new float[experts.length]);
  }

  @Test
  void anExpertThatIsNewTakesItsPlace() {
    CallCounts counts = new CallCounts(2, 3);
    counts.add(chose(2, 0));
    counts.add(chose(1, 4));
    assertThat(counts.experts()).isEqualTo(5);
    assertThat(counts.get(1, 4)).isEqualTo(1);
    assertThat(counts.toArray()).containsExactly(0, 1, 1, 0, 0, 1, 0, 0, 0, 1);
  }

  @Test
  void sumsSpanBoth() {
    CallCounts small = new CallCounts(2, 2);
    small.add(chose(0, 1));
    CallCounts large = new CallCounts(2, 2);
    large.add(chose(2, 0));
    small.add(large);
    large.add(small);
    assertThat(small.toArray()).containsExactly(1, 0, 1, 1, 1, 0);
    assertThat(large.toArray()).containsExactly(1, 0, 2, 2, 1, 0);
  }

  @Test
  void aModelWithoutExpertsHasNoCounters() {
    CallCounts none = new CallCounts(0, 0);
    assertThat(none.moeLayers()).isZero();
    assertThat(none.toArray()).isEmpty();
  }
}
