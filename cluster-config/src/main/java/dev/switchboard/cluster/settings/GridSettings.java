package dev.switchboard.cluster.settings;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Settings of the grid in every process: section {@code grid}. {@link #SECTION} says what each
 * means; docs/configuration.md shows it.
 */
public record GridSettings(
    String host,
    int port,
    List<String> join,
    String discovery,
    String clusterName,
    int publishMillis,
    Duration heartbeatTimeout,
    String lease,
    String activations,
    String kernels,
    String bf16,
    String packCache,
    String weightsMemory,
    String sameHost,
    String processors,
    StateSettings state) {
  private static final Set<String> ACTIVATIONS = Set.of("codes", "float");
  private static final Set<String> DISCOVERIES = Set.of("list", "dns");
  private static final Set<String> BF16 = Set.of("exact", "dot");
  private static final List<String> MEMORIES = List.of("auto", "mapped", "copied");
  private static final List<String> SAME_HOST = List.of("lanes", "sockets", "tcp");
  private static final List<String> KERNELS = List.of("auto", "java", "native", "scalar");

  static final Section SECTION =
      StateSettings.describe(
          new Section("grid", "The grid that joins routers and nodes; in every process.")
              .text(
                  "host",
                  "127.0.0.1",
                  "Address that the grid listens on, and no other, and that members reach it by. With `0.0.0.0` it"
                      + " listens on all.")
              .integer("port", 0, 0, 65535, "Port of the grid; 0 takes a free one.")
              .addresses(
                  "join",
                  "Grid addresses of routers to join, tried until one answers; of a name all addresses, looked up anew"
                      + " each time. A node needs one at least; a router without any starts a cluster.")
              .text(
                  "discovery",
                  "list",
                  "What names in `join` stand for: `list`, some routers; or `dns`, all routers, also those that are about to"
                      + " start, this one too, as a headless Service of Kubernetes that publishes addresses that are not"
                      + " ready. A router then looks, for 20 seconds at the most, until it finds its own address there,"
                      + " before it starts a cluster of its own: of several that start together one is the first.")
              .text(
                  "clusterName",
                  "switchboard",
                  "Name of the deployment; processes of different names never join.")
              .integer(
                  "publishMillis",
                  250,
                  10,
                  60_000,
                  "Milliseconds between two snapshots of the load counters, if they changed (docs/load.md).")
              .time(
                  "heartbeatTimeout",
                  "10s",
                  "2s",
                  "10m",
                  "Silence after which a process that hangs counts as dead. One that ends is seen at once.")
              .text(
                  "lease",
                  "off",
                  "Name of a Lease of Kubernetes, in the pod's namespace, that decides which router keeps the placement; it"
                      + " is there already, and the pod's service account may read and update it. `off`: the oldest router"
                      + " does.")
              .text(
                  "activations",
                  "codes",
                  "What meets weights of GGUF's block types (Q8_0, Q4_K, ...): `codes` of 8 bits, or `float`, which is nearer"
                      + " to the unrounded model and slower. All processes of a cluster must agree; others are refused.")
              .text(
                  "kernels",
                  "auto",
                  "What computes: `native` code for quantised weights, `java` (the Vector API alone), or `scalar` (plain loops,"
                      + " many times slower); `auto` takes the fastest that works here. Never changes a bit of a result, so"
                      + " each process may have its own.")
              .text(
                  "bf16",
                  "exact",
                  "How weights of BF16 meet activations: `exact`, or `dot`, the processor's instruction (AVX512-BF16), which"
                      + " rounds activations to BF16: prompts are quicker, results a little different. All processes of a"
                      + " cluster must agree; others are refused.")
              .text(
                  "packCache",
                  "auto",
                  "Where packed weights are kept for the next start: `auto` (beside the model, else in the user's cache"
                      + " folder), `off`, or a folder. `switchboard cache` lists and removes them.")
              .text(
                  "weightsMemory",
                  "auto",
                  "How packed weights that are found come into memory: `mapped` (processes of one host share them) or"
                      + " `copied` (in huge pages of the process's own); `auto` maps them.")
              .text(
                  "sameHost",
                  "lanes",
                  "How routers and nodes of one user on one host talk: `lanes` (shared memory, and gRPC on local"
                      + " sockets beside it), `sockets` (gRPC on local sockets), or `tcp`, as with nodes elsewhere. Never"
                      + " changes a bit of a result.")
              .text(
                  "processors",
                  "any",
                  "Processors that this process's computing threads keep to, one each: a list as `0-3,8`, `from:N` for"
                      + " those that it may use, beginning with number N of them, or `any` for the system's choice. For"
                      + " processes that share a host: threads that wait for each other look busy to the system, which"
                      + " then may leave two that compute on one processor. Never changes a bit of a result."));

  public GridSettings {
    join = List.copyOf(join);
    Contradictions.require(
        ACTIVATIONS.contains(activations),
        "grid.activations is \"%s\"; expected codes or float",
        activations);
    Contradictions.require(
        DISCOVERIES.contains(discovery),
        "grid.discovery is \"%s\"; expected list or dns",
        discovery);
    Contradictions.require(
        !discovery.equals("dns") || !join.isEmpty(),
        "grid.discovery is dns, and grid.join is empty: it needs a name to look up");
    Contradictions.require(
        !discovery.equals("dns") || !(host.equals("0.0.0.0") || host.equals("::")),
        "grid.discovery is dns, and grid.host is %s: give the address that the name tells",
        host);
    Contradictions.require(
        lease.matches("[a-z0-9]([-a-z0-9.]*[a-z0-9])?"),
        "grid.lease is \"%s\"; expected off or the name of a Lease",
        lease);
    Contradictions.require(
        KERNELS.contains(kernels),
        "grid.kernels is \"%s\"; expected auto, java, native or scalar",
        kernels);
    Contradictions.require(BF16.contains(bf16), "grid.bf16 is \"%s\"; expected exact or dot", bf16);
    Contradictions.require(
        MEMORIES.contains(weightsMemory),
        "grid.weightsMemory is \"%s\"; expected auto, mapped or copied",
        weightsMemory);
    Contradictions.require(
        SAME_HOST.contains(sameHost),
        "grid.sameHost is \"%s\"; expected lanes, sockets or tcp",
        sameHost);
    Contradictions.require(
        Processors.list(processors).isPresent(),
        "grid.processors is \"%s\"; expected any, from:N, or a list as 0-3,8",
        processors);
    Contradictions.require(
        !packCache.isBlank(), "grid.packCache is empty; expected auto, off or a folder");
  }

  /** Every key at its default. */
  public static GridSettings defaults() {
    return SettingsLoader.defaults().gridSettings();
  }

  static GridSettings of(Chosen chosen) {
    return new GridSettings(
        chosen.text("host"),
        chosen.integer("port"),
        chosen.addresses("join"),
        chosen.text("discovery"),
        chosen.text("clusterName"),
        chosen.integer("publishMillis"),
        chosen.time("heartbeatTimeout"),
        chosen.text("lease"),
        chosen.text("activations"),
        chosen.text("kernels"),
        chosen.text("bf16"),
        chosen.text("packCache"),
        chosen.text("weightsMemory"),
        chosen.text("sameHost"),
        chosen.text("processors"),
        StateSettings.of(chosen));
  }

  /** The same, joining other addresses. */
  public GridSettings withJoin(List<String> addresses) {
    return with(port, addresses, clusterName);
  }

  /** The same on another port. */
  public GridSettings withPort(int other) {
    return with(other, join, clusterName);
  }

  /** The same under another cluster name. */
  public GridSettings withClusterName(String name) {
    return with(port, join, name);
  }

  private GridSettings with(int newPort, List<String> newJoin, String newName) {
    return new GridSettings(
        host,
        newPort,
        newJoin,
        discovery,
        newName,
        publishMillis,
        heartbeatTimeout,
        lease,
        activations,
        kernels,
        bf16,
        packCache,
        weightsMemory,
        sameHost,
        processors,
        state);
  }

  /** Processors that computing threads keep to; empty for the system's choice. */
  public List<Integer> boundTo() {
    return Processors.list(processors).orElseThrow();
  }

  /** Name of the Lease that decides who leads; empty: the oldest router does. */
  public Optional<String> leaseName() {
    return lease.equals("off") ? Optional.empty() : Optional.of(lease);
  }

  /** Whether the names in {@link #join} tell all routers, this one too. */
  public boolean namesTellAllRouters() {
    return discovery.equals("dns");
  }
}
