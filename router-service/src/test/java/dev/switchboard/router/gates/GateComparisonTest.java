package dev.switchboard.router.gates;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.RoutingTrace;
import org.junit.jupiter.api.Test;

class GateComparisonTest {
  @Test
  void oneOfTwoMayKnowMoreExperts() {
    GateComparison comparison = new GateComparison(1, 2);
    int[] chosen = {0, 1, 2, 2};
    int[] others = {0, 1, 0, 1};
    comparison.add(new RoutingTrace(4, 1, 1, chosen, new float[4]), others);
    assertThat(comparison.calls(0)).containsExactly(1, 1, 2);
    assertThat(comparison.otherCalls(0)).containsExactly(2, 2, 0);
    assertThat(comparison.differing(0)).isEqualTo(2);
    assertThat(comparison.mostUsedShare()).isEqualTo(0.5);

    GateComparison narrow = new GateComparison(1, 2);
    narrow.add(comparison);
    assertThat(narrow.copy().calls(0)).containsExactly(1, 1, 2);
    comparison.add(narrow);
    assertThat(comparison.calls(0)).containsExactly(2, 2, 4);
  }
}
