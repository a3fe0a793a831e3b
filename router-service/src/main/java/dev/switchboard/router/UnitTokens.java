package dev.switchboard.router;

import dev.switchboard.cluster.ExpertCounts;
import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.router.api.ModelFacts;
import java.util.List;
import java.util.Map;
import java.util.function.Supplier;
import java.util.stream.Collectors;

/**
 * Tokens by unit of the placement since the start, of each live router by its id.
 *
 * @param own what this router has counted itself
 */
record UnitTokens(Grid grid, ModelFacts facts, Supplier<RouterLoad> own)
    implements Supplier<Map<String, long[]>> {
  @Override
  public Map<String, long[]> get() {
    ExpertUnits units = facts.units().with(facts.addedTo(grid.view()).size());
    return grid.loads().of(facts.fingerprint()).with(own.get()).live().stream()
        .collect(
            Collectors.toMap(RouterLoad::routerId, load -> byUnit(load, units, facts.moeLayers())));
  }

  /**
   * What one router has sent to each unit.
   *
   * @param layers those of the router's counters
   */
  static long[] byUnit(RouterLoad load, ExpertUnits units, List<Integer> layers) {
    ExpertCounts tokens = load.tokens();
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
    // Every token passes every mixer.
    for (int mixer : units.mixers()) {
      byUnit[units.unitOf(mixer, 0)] += load.tokensRouted();
    }
    return byUnit;
  }
}
