package dev.switchboard.router;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.ExpertCounts;
import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.cluster.ProcessCost;
import dev.switchboard.cluster.RouterLoad;
import java.util.List;
import org.junit.jupiter.api.Test;

class UnitTokensTest {
  private static final ExpertUnits UNITS =
      new ExpertUnits(
          List.of(new ExpertUnits.Layer(1, 2), new ExpertUnits.Layer(3, 2)), List.of(4, 6));

  @Test
  void expertsCountOverTheirLayersAndMixersEveryPass() {
    ExpertCounts tokens = ExpertCounts.of(2, 2, new long[] {5, 6, 7, 8});
    RouterLoad load = new RouterLoad("r", "model", tokens, 11, 0, 0, 0, ProcessCost.NONE);
    assertThat(UnitTokens.byUnit(load, UNITS, List.of(1, 3))).containsExactly(12, 14, 11, 11);
  }

  @Test
  void anAddedExpertIsBehindTheMixers() {
    ExpertCounts tokens = ExpertCounts.of(2, 3, new long[] {5, 6, 1, 7, 8, 2});
    RouterLoad load = new RouterLoad("r", "model", tokens, 11, 0, 0, 0, ProcessCost.NONE);
    assertThat(UnitTokens.byUnit(load, UNITS.with(1), List.of(1, 3)))
        .containsExactly(12, 14, 11, 11, 3);
  }
}
