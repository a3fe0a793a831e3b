package dev.switchboard.cluster.settings;

/**
 * All settings of a node process, checked against each other.
 *
 * @param node its own
 * @param grid those of the grid
 */
public record NodeProcessSettings(NodeSettings node, GridSettings grid) {
  public NodeProcessSettings {
    boolean clash =
        node.port() != 0 && node.port() == grid.port() && node.host().equals(grid.host());
    Contradictions.require(
        !clash,
        "node.port and grid.port are both %d on %s: give each its own",
        grid.port(),
        grid.host());
    Contradictions.require(
        !grid.join().isEmpty(),
        "grid.join is empty: a node needs the grid address (host:port) of a router at least");
  }
}
