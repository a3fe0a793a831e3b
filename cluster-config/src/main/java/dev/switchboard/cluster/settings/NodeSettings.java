package dev.switchboard.cluster.settings;

import java.nio.file.Path;
import java.util.Optional;

/**
 * Settings of an expert node: section {@code node}. What each means stands beside it, and in
 * docs/configuration.md.
 */
@Section(name = "node", doc = "An expert node: one shard of experts in one process.")
public record NodeSettings(
    @Setting(
            value = "127.0.0.1",
            doc = "Address that the gRPC server listens on. Nothing else is listened on.")
        String host,
    @Setting(
            value = "0",
            min = "0",
            max = "65535",
            doc = "Port of the gRPC server; 0 takes a free one, which the ready line names.")
        int port,
    @Setting(
            value = "",
            doc =
                "Directory of the model. Unset: `models/switchboard-default` under the installation.")
        Optional<Path> model,
    @Setting(
            value = "64",
            min = "1",
            max = "65536",
            doc =
                "Batches that may wait, over all routers; further ones are refused as overloaded.")
        int queue,
    @Setting(
            value = "0",
            min = "0",
            max = "1000000",
            doc =
                "Experts (each over all layers) that the node takes at the most; 0 for any number.")
        int capacityExperts,
    @Setting(
            value = "200",
            min = "0",
            max = "600000",
            doc =
                "Milliseconds at the most that the kernels are warmed before the node says it is ready.")
        int warmMillis,
    @Setting(
            value = "64MiB",
            min = "4KiB",
            max = "2047MiB",
            bytes = true,
            doc = "Largest gRPC message that is accepted.")
        long maxMessageBytes,
    @Setting(
            value = "256MiB",
            min = "0",
            max = "1TiB",
            bytes = true,
            doc = "Memory for the states of stateful experts; beyond it new sequences are refused.")
        long stateBytes) {
  /** Every key at its default. */
  public static NodeSettings defaults() {
    return SettingsLoader.defaults().load(NodeSettings.class);
  }
}
