package dev.switchboard.cluster.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Settings of an expert node: section {@code node}. {@link #SECTION} says what each means;
 * docs/configuration.md shows it.
 */
public record NodeSettings(
    String host,
    int port,
    Optional<AnnouncedAddress> announce,
    Optional<MetricsAddress> metrics,
    Optional<Path> model,
    WeightsFrom weights,
    boolean serveWeights,
    int queue,
    int capacityExperts,
    Optional<String> domain,
    int threads,
    int warmMillis,
    long maxMessageBytes,
    long stateBytes,
    Duration stateLease,
    Duration drainTimeout,
    MoveSettings moves) {
  private static final String OWN_HOST = "host";

  static final Section SECTION =
      MoveSettings.keys(
          new Section("node", "An expert node: one shard of experts in one process.")
              .text("host", "127.0.0.1", "Address that the gRPC server listens on, and no other.")
              .integer(
                  "port",
                  0,
                  0,
                  65535,
                  "Port of the gRPC server; 0 takes a free one, which the ready line names.")
              .text(
                  "announce",
                  AnnouncedAddress.OFF,
                  "Address (host:port) that routers and nodes call this node by, where it is not the one that it listens"
                      + " on: behind a proxy or a translation of addresses. `off`: its own.")
              .text("metrics", MetricsAddress.OFF, MetricsAddress.MEANING)
              .path("model", "Model directory or GGUF file. Unset: see `weights`.")
              .text(
                  "weights",
                  "auto",
                  "Where experts' weights come from. `files`: from `model` alone (unset: `models/switchboard-mini` under"
                      + " the installation). `cluster`: from routers and nodes that have files, over gRPC; nothing is"
                      + " written to disk. `auto`: from files where `model` names some, otherwise whatever model the"
                      + " cluster serves: from the installation's files if they are that model, else from the cluster.")
              .flag(
                  "serveWeights",
                  true,
                  "Give the bytes of the model's files to nodes that have none (service `Weights` on the same port).")
              .integer(
                  "queue",
                  64,
                  1,
                  65536,
                  "Batches that may wait, over all routers; further ones are refused as overloaded.")
              .integer(
                  "capacityExperts",
                  0,
                  0,
                  1_000_000,
                  "Most experts (each over all layers) that the node takes; 0 for any number.")
              .text(
                  "domain",
                  OWN_HOST,
                  "What fails together with this node, by any name that such nodes share: their machine, a rack, a zone. Copies"
                      + " of an expert are in two domains where there are several. `host`: the host that it announces.")
              .integer(
                  "threads",
                  0,
                  0,
                  1024,
                  "Threads that compute; 0 takes one a processor (of one NUMA node, and no more than the control group's quota). Several nodes of one host share its processors.")
              .integer(
                  "warmMillis",
                  200,
                  0,
                  600_000,
                  "Milliseconds at the most that the kernels are warmed before the node says it is ready.")
              .bytes(
                  "maxMessageBytes",
                  "64MiB",
                  "4KiB",
                  "2047MiB",
                  "Largest gRPC message that is accepted.")
              .bytes(
                  "stateBytes",
                  "256MiB",
                  "0",
                  "1TiB",
                  "Memory for the states of stateful experts, half of the Java heap at the most. Beyond it states that rest give"
                      + " way, which their routers rebuild; else new sequences are refused.")
              .time(
                  "stateLease",
                  "30s",
                  "1ms",
                  "24h",
                  "How long the states of a router are kept after its last stream has ended.")
              .time(
                  "drainTimeout",
                  "20s",
                  "0ms",
                  "1h",
                  "How long a node that is told to end (SIGTERM) waits at the most until others hold what it holds. Where"
                      + " nobody could take it, it does not wait."));

  public NodeSettings {
    Contradictions.require(
        capacityExperts == 0 || moves.memoryExperts() <= capacityExperts,
        "node.memoryExperts (%d) is larger than node.capacityExperts (%d): the node never holds so"
            + " many",
        moves.memoryExperts(),
        capacityExperts);
  }

  /** Every key at its default. */
  public static NodeSettings defaults() {
    return SettingsLoader.defaults().nodeSettings();
  }

  /** Threads that compute, at least one. */
  public int computeThreads() {
    return Processors.threads(threads);
  }

  static NodeSettings of(Chosen chosen) {
    return new NodeSettings(
        chosen.text("host"),
        chosen.integer("port"),
        AnnouncedAddress.of("node.announce", chosen.text("announce")),
        MetricsAddress.of("node.metrics", chosen.text("metrics")),
        chosen.path("model"),
        WeightsFrom.of(chosen.text("weights")),
        chosen.flag("serveWeights"),
        chosen.integer("queue"),
        chosen.integer("capacityExperts"),
        Optional.of(chosen.text("domain")).filter(domain -> !domain.equals(OWN_HOST)),
        chosen.integer("threads"),
        chosen.integer("warmMillis"),
        chosen.bytes("maxMessageBytes"),
        chosen.bytes("stateBytes"),
        chosen.time("stateLease"),
        chosen.time("drainTimeout"),
        MoveSettings.of(chosen));
  }
}
