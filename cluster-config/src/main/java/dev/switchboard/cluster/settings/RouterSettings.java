package dev.switchboard.cluster.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.Set;

/**
 * Settings of a router: section {@code router}. {@link #SECTION} says what each means;
 * docs/configuration.md shows it.
 */
public record RouterSettings(
    String host,
    Optional<AnnouncedAddress> announce,
    int port,
    Optional<MetricsAddress> metrics,
    Optional<Path> model,
    Optional<Path> gate,
    Optional<Path> keys,
    boolean serveWeights,
    boolean localExperts,
    MixersOn mixers,
    int minNodes,
    int replicas,
    PlacementSettings placement,
    GateSettings gateSwaps,
    int promptChunk,
    int stepTokens,
    Duration promptDelay,
    int maxSequences,
    int queue,
    Duration maxWait,
    int maxPromptTokens,
    int maxNewTokens,
    int maxContextTokens,
    long kvCacheBytes,
    String kvCacheType,
    long stateBytes,
    int replayTokens,
    long stateCopyBytes,
    long maxSavedStateBytes,
    int prefixChunk,
    long prefixBytes,
    int sessionSnapshotTokens,
    Duration expertDeadline,
    Duration requestDeadline,
    Duration drain,
    int threads,
    long maxMessageBytes,
    RepeatSettings repeats,
    GiveSettings giving) {
  static final Section SECTION =
      GiveSettings.keys(
          RepeatSettings.keys(
              process(
                  memory(
                      limitsOfRequests(
                          limits(
                              GateSettings.keys(
                                  PlacementSettings.keys(
                                      places(
                                          new Section(
                                              "router",
                                              "A router: the trunk of the model, its scheduler, and the"
                                                  + " public gRPC services."))))))))));

  private static final Set<String> KV_CACHE_TYPES = Set.of("f32", "f16");

  public RouterSettings {
    Contradictions.require(
        KV_CACHE_TYPES.contains(kvCacheType),
        "router.kvCacheType is \"%s\"; expected f32 or f16",
        kvCacheType);
    Contradictions.require(
        maxSequences <= stepTokens,
        "router.maxSequences (%d) is larger than router.stepTokens (%d): every running request"
            + " needs a token of each step",
        maxSequences,
        stepTokens);
    Contradictions.require(
        expertDeadline.compareTo(requestDeadline) <= 0,
        "router.expertDeadline (%s) is longer than router.requestDeadline (%s)",
        Values.show(expertDeadline),
        Values.show(requestDeadline));
  }

  /** Every key at its default. */
  public static RouterSettings defaults() {
    return SettingsLoader.defaults().routerSettings();
  }

  /** Threads that compute, at least one. */
  public int computeThreads() {
    return Processors.threads(threads);
  }

  static RouterSettings of(Chosen chosen) {
    return new RouterSettings(
        chosen.text("host"),
        AnnouncedAddress.of("router.announce", chosen.text("announce")),
        chosen.integer("port"),
        MetricsAddress.of("router.metrics", chosen.text("metrics")),
        chosen.path("model"),
        chosen.path("gate"),
        chosen.path("keys"),
        chosen.flag("serveWeights"),
        chosen.flag("localExperts"),
        MixersOn.of(chosen.text("mixers")),
        chosen.integer("minNodes"),
        chosen.integer("replicas"),
        PlacementSettings.of(chosen),
        GateSettings.of(chosen),
        chosen.integer("promptChunk"),
        chosen.integer("stepTokens"),
        chosen.time("promptDelay"),
        chosen.integer("maxSequences"),
        chosen.integer("queue"),
        chosen.time("maxWait"),
        chosen.integer("maxPromptTokens"),
        chosen.integer("maxNewTokens"),
        chosen.integer("maxContextTokens"),
        chosen.bytes("kvCacheBytes"),
        chosen.text("kvCacheType"),
        chosen.bytes("stateBytes"),
        chosen.integer("replayTokens"),
        chosen.bytes("stateCopyBytes"),
        chosen.bytes("maxSavedStateBytes"),
        chosen.integer("prefixChunk"),
        chosen.bytes("prefixBytes"),
        chosen.integer("sessionSnapshotTokens"),
        chosen.time("expertDeadline"),
        chosen.time("requestDeadline"),
        chosen.time("drain"),
        chosen.integer("threads"),
        chosen.bytes("maxMessageBytes"),
        RepeatSettings.of(chosen),
        GiveSettings.of(chosen));
  }

  private static Section places(Section section) {
    return section
        .text("host", "127.0.0.1", "Address that the gRPC server listens on, and no other.")
        .text(
            "announce",
            AnnouncedAddress.OFF,
            "Address (host:port) that nodes take weights from this router by, where it is not the one"
                + " that it listens on. `off`: its own.")
        .integer(
            "port",
            0,
            0,
            65535,
            "Port of the gRPC server; 0 takes a free one, which the ready line names.")
        .text("metrics", MetricsAddress.OFF, MetricsAddress.MEANING)
        .path(
            "model",
            "Directory of the model. Unset: `models/switchboard-mini` under the installation.")
        .path("gate", "Directory of a gate laid over the model's own. Unset: the model's own.")
        .path(
            "keys",
            "File of the keys that callers may bring, and of the experts that each may not wake"
                + " (docs/experts.md). Unset: whoever reaches the router may call it.")
        .flag(
            "serveWeights",
            true,
            "Give the bytes of the model's files to nodes that have none (service `Weights` on the"
                + " same port).")
        .flag(
            "localExperts",
            false,
            "Run all experts in the router itself; no expert node is needed or used.")
        .text(
            "mixers",
            "local",
            "Where recurrent (Mamba) mixers are computed: `local`, in the router, or `nodes`, as"
                + " experts that every token chooses: for models whose trunk does not fit on one"
                + " host. Never changes a result.")
        .integer("minNodes", 1, 0, 4096, "Expert nodes that the first placement waits for.")
        .integer("replicas", 1, 1, 16, "Copies of each expert, on different nodes.");
  }

  private static Section limits(Section section) {
    return section
        .integer(
            "promptChunk",
            512,
            1,
            65536,
            "Most prompt tokens of one sequence that are read in one step; never more than"
                + " `stepTokens`. Never changes a result.")
        .integer(
            "stepTokens",
            512,
            1,
            65536,
            "Most tokens of all sequences together in one step; fewer where their experts' answers"
                + " would not fit into `maxMessageBytes`.")
        .time(
            "promptDelay",
            "100ms",
            "1ms",
            "10m",
            "How much longer prompts may make a step in which other requests generate. Chunks"
                + " shrink to fit, by what steps took before; while nobody generates they are as"
                + " large as `promptChunk`.")
        .integer("maxSequences", 64, 1, 65536, "Most requests that are answered at the same time.")
        .integer(
            "queue",
            256,
            0,
            1_000_000,
            "Requests that may wait beyond those; further ones are refused with"
                + " `RESOURCE_EXHAUSTED`. A client with a much longer line than the newcomer's"
                + " gives up its newest instead.")
        .time(
            "maxWait",
            "2m",
            "1ms",
            "24h",
            "A request that would wait longer, by how fast others leave the queue, or longer than its"
                + " own deadline allows, is refused with `RESOURCE_EXHAUSTED` when it comes.");
  }

  private static Section limitsOfRequests(Section section) {
    return section
        .integer(
            "maxPromptTokens",
            1 << 21,
            1,
            1 << 24,
            "Longest prompt that is accepted, in tokens, where the model can read so much. Checked"
                + " before work begins.")
        .integer("maxNewTokens", 4096, 1, 1 << 24, "Most tokens that one request may generate.")
        .integer(
            "maxContextTokens",
            0,
            0,
            1 << 24,
            "Most tokens of a prompt and what is generated after it together; 0 takes what the"
                + " model was made for. Checked before work begins.");
  }

  private static Section memory(Section section) {
    return section
        .bytes(
            "kvCacheBytes",
            "0",
            "0",
            "64TiB",
            "Memory for the keys and values of attention layers, over all requests; 0 takes a quarter of the machine's,"
                + " or of the control group's limit where that is less. A request begins when its prompt and a little more fit; when memory runs out, the request that began"
                + " last waits and is computed again later.")
        .text(
            "kvCacheType",
            "f32",
            "How they are kept: `f32`, as they were computed, or `f16`, rounded: half the memory,"
                + " and less time behind long texts; results are a little different. Nodes need not"
                + " know.")
        .bytes(
            "stateBytes",
            "0",
            "0",
            "64TiB",
            "Memory for the states of recurrent layers, over all requests that run, a third of the"
                + " Java heap at the most; 0 takes that. Further requests wait.")
        .integer(
            "replayTokens",
            128,
            1,
            65536,
            "Most tokens that are computed again when a node with states of a sequence is lost:"
                + " after so many tokens of an expert its node sends the state along. Never changes"
                + " a result.")
        .bytes(
            "stateCopyBytes",
            "0",
            "0",
            "64TiB",
            "Memory for copies of states that nodes have, over all requests, a sixth of the Java"
                + " heap at the most; 0 takes that. A state without a copy is lost with its node.")
        .bytes(
            "maxSavedStateBytes",
            "256MiB",
            "1KiB",
            "64TiB",
            "Largest state of a sequence that a request may bring or ask for.")
        .integer(
            "prefixChunk",
            512,
            1,
            1 << 20,
            "Tokens between two states that a model with recurrent layers keeps for prompts that"
                + " begin alike, rounded up to a multiple of 32. Such a prompt is read from the"
                + " last of them on.")
        .bytes(
            "prefixBytes",
            "256MiB",
            "0",
            "64TiB",
            "Memory for those states; what was not found for longest goes first. 0 keeps none.")
        .integer(
            "sessionSnapshotTokens",
            4096,
            0,
            1 << 24,
            "A snapshot of a session goes into the grid after so many tokens, read or generated,"
                + " and at the end of each turn; 0: at the end alone. No more than these are read"
                + " again after a router died.");
  }

  private static Section process(Section section) {
    return section
        .time(
            "expertDeadline",
            "1500ms",
            "1ms",
            "10m",
            "Time for one layer's remote experts, repeats on other replicas included; past it the"
                + " request ends with `UNAVAILABLE` naming the experts.")
        .time(
            "requestDeadline",
            "10m",
            "1ms",
            "24h",
            "Time for a whole request whose client sets no deadline of its own.")
        .time(
            "drain",
            "2s",
            "0s",
            "24h",
            "How long requests that run may go on when the router is told to end (SIGTERM); newcomers"
                + " are refused meanwhile, and `/readyz` says so.")
        .integer(
            "threads",
            0,
            0,
            1024,
            "Threads that compute; 0 takes one a processor (of one NUMA node, and no more than the control group's quota), also beside nodes of the same host: they compute when it waits.")
        .bytes(
            "maxMessageBytes",
            "64MiB",
            "4KiB",
            "2047MiB",
            "Largest gRPC message that is accepted.");
  }
}
