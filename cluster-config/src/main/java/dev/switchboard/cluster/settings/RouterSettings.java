package dev.switchboard.cluster.settings;

import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;

/**
 * Settings of a router: section {@code router}. What each means stands beside it, and in
 * docs/configuration.md.
 */
@Section(
    name = "router",
    doc = "A router: the trunk of the model, its scheduler, and the public gRPC services.")
public record RouterSettings(
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
            value = "",
            doc = "Directory of a gate that is laid over the model's own. Unset: the model's own.")
        Optional<Path> gate,
    @Setting(
            value = "false",
            doc = "Run all experts in the router itself; no expert node is needed or used.")
        boolean localExperts,
    @Setting(
            value = "1",
            min = "0",
            max = "4096",
            doc = "Expert nodes that the first placement waits for.")
        int minNodes,
    @Setting(value = "1", min = "1", max = "16", doc = "Copies of each expert, on different nodes.")
        int replicas,
    @Setting(
            value = "64",
            min = "1",
            max = "65536",
            doc =
                "Prompt tokens of one sequence that are read in one step at the most. Never changes a result.")
        int promptChunk,
    @Setting(
            value = "256",
            min = "1",
            max = "65536",
            doc = "Tokens of all sequences together in one step at the most.")
        int stepTokens,
    @Setting(
            value = "64",
            min = "1",
            max = "65536",
            doc = "Requests that are answered at the same time at the most.")
        int maxSequences,
    @Setting(
            value = "256",
            min = "0",
            max = "1000000",
            doc =
                "Requests that may wait beyond those; further ones are refused with `RESOURCE_EXHAUSTED`.")
        int queue,
    @Setting(
            value = "32768",
            min = "1",
            max = "16777216",
            doc = "Longest prompt that is accepted, in tokens.")
        int maxPromptTokens,
    @Setting(
            value = "4096",
            min = "1",
            max = "16777216",
            doc = "Most tokens that one request may generate.")
        int maxNewTokens,
    @Setting(
            value = "1500ms",
            min = "1ms",
            max = "10m",
            doc =
                "Time for one layer's remote experts, repeats on other replicas included; past it the request ends with "
                    + "`UNAVAILABLE` naming the experts.")
        Duration expertDeadline,
    @Setting(
            value = "10m",
            min = "1ms",
            max = "24h",
            doc = "Time for a whole request whose client sets no deadline of its own.")
        Duration requestDeadline,
    @Setting(
            value = "0",
            min = "0",
            max = "1024",
            doc = "Threads that compute; 0 takes one a processor.")
        int threads,
    @Setting(
            value = "64MiB",
            min = "4KiB",
            max = "2047MiB",
            bytes = true,
            doc = "Largest gRPC message that is accepted.")
        long maxMessageBytes) {
  public RouterSettings {
    Contradictions.require(
        promptChunk <= stepTokens,
        "router.promptChunk (%d) is larger than router.stepTokens (%d): a chunk must fit into a step",
        promptChunk,
        stepTokens);
    Contradictions.require(
        maxSequences <= stepTokens,
        "router.maxSequences (%d) is larger than router.stepTokens (%d): every running request needs a token of each step",
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
    return SettingsLoader.defaults().load(RouterSettings.class);
  }
}
