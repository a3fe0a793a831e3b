package dev.switchboard.cluster.settings;

/**
 * All settings of a router process, checked against each other.
 *
 * @param router its own
 * @param grid those of the grid
 */
public record RouterProcessSettings(RouterSettings router, GridSettings grid) {
  public RouterProcessSettings {
    boolean clash =
        router.port() != 0 && router.port() == grid.port() && router.host().equals(grid.host());
    Contradictions.require(
        !clash,
        "router.port and grid.port are both %d on %s: give each its own",
        grid.port(),
        grid.host());
  }
}
