package dev.switchboard.router;

import dev.switchboard.cluster.ExpertCounts;
import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.LoadBook;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.router.api.ModelFacts;
import java.util.List;
import java.util.function.Supplier;

/**
 * Tokens by unit of the placement since the start, over all routers.
 *
 * @param own what this router has counted itself
 */
record UnitTokens(Grid grid, ModelFacts facts, Supplier<RouterLoad> own)
    implements Supplier<long[]> {
  @Override
  public long[] get() {
    ExpertUnits units = facts.units().with(facts.addedTo(grid.view()).size());
    ExpertCounts tokens = LoadBook.of(grid).with(own.get()).tokens();
    List<Integer> layers = facts.moeLayers();
    long[] byUnit = new long[units.count()];
    for (int row = 0; row < Math.min(tokens.layers(), layers.size()); row++) {
      int experts = Math.min(tokens.experts(), units.experts(layers.get(row)));
      for (int expert = 0; expert < experts; expert++) {
        int unit = units.unitOf(layers.get(row), expert);
        if (unit >= 0) {
          byUnit[unit] += tokens.get(row, expert);
        }
      }
    }
    return byUnit;
  }
}
