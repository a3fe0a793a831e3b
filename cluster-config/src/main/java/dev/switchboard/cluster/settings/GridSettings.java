package dev.switchboard.cluster.settings;

import java.time.Duration;
import java.util.List;

/**
 * Settings of the grid in every process: section {@code grid}. What each means stands beside it,
 * and in docs/configuration.md.
 */
@Section(name = "grid", doc = "The grid that joins routers and nodes; in every process.")
public record GridSettings(
    @Setting(
            value = "127.0.0.1",
            doc =
                "Address that the grid listens on and that other members reach it by. Nothing else is listened on, unless "
                    + "it is a wildcard (`0.0.0.0`).")
        String host,
    @Setting(value = "0", min = "0", max = "65535", doc = "Port of the grid; 0 takes a free one.")
        int port,
    @Setting(
            value = "",
            addresses = true,
            doc =
                "Grid addresses (`host:port`) of routers to join, tried until one answers. A router may have none: it "
                    + "starts a cluster.")
        List<String> join,
    @Setting(
            value = "switchboard",
            doc = "Name of the deployment; processes of different names never join.")
        String clusterName,
    @Setting(
            value = "250",
            min = "10",
            max = "60000",
            doc = "Milliseconds between two snapshots of the load counters, if they changed.")
        int publishMillis,
    @Setting(
            value = "10s",
            min = "2s",
            max = "10m",
            doc =
                "Silence after which a process that hangs counts as dead. One that ends is seen at once.")
        Duration heartbeatTimeout) {
  public GridSettings {
    join = List.copyOf(join);
    Contradictions.require(
        !clusterName.isBlank(), "grid.clusterName is empty: give the deployment a name");
  }

  /** Every key at its default. */
  public static GridSettings defaults() {
    return SettingsLoader.defaults().load(GridSettings.class);
  }

  /** The same, joining other addresses. */
  public GridSettings withJoin(List<String> addresses) {
    return new GridSettings(host, port, addresses, clusterName, publishMillis, heartbeatTimeout);
  }

  /** The same under another cluster name. */
  public GridSettings withClusterName(String name) {
    return new GridSettings(host, port, join, name, publishMillis, heartbeatTimeout);
  }
}
