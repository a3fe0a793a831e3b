package dev.switchboard.router.cli;

import java.util.LinkedHashMap;
import java.util.Map;
import picocli.CommandLine.Option;

/** Options that stand for settings; what is given beats the environment and the file. */
final class RouterFlags {
  private final Map<String, String> given = new LinkedHashMap<>();

  Map<String, String> given() {
    return given;
  }

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Model directory or GGUF file (default: the embedded model).")
  void model(String value) {
    given.put("router.model", value);
  }

  @Option(
      names = "--gate",
      paramLabel = "DIR",
      description = "Gate to lay over the model's own, as 'train router' writes it.")
  void gate(String value) {
    given.put("router.gate", value);
  }

  @Option(
      names = "--gates",
      paramLabel = "DIR",
      description = "Folder of gates that may be swapped while it runs ('switchboard gate').")
  void gates(String value) {
    given.put("router.gates", value);
  }

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "Address to listen on (default: 127.0.0.1).")
  void host(String value) {
    given.put("router.host", value);
  }

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Port of the gRPC server (default: 0, any free one).")
  void port(String value) {
    given.put("router.port", value);
  }

  @Option(
      names = "--metrics",
      paramLabel = "HOST:PORT",
      description = "Where metrics, /healthz and /readyz are told over HTTP (default: off).")
  void metrics(String value) {
    given.put("router.metrics", value);
  }

  @Option(
      names = "--grid-host",
      paramLabel = "ADDRESS",
      description = "Address of the grid (default: 127.0.0.1).")
  void gridHost(String value) {
    given.put("grid.host", value);
  }

  @Option(
      names = "--grid-port",
      paramLabel = "N",
      description = "Port of the grid (default: 0, any free one).")
  void gridPort(String value) {
    given.put("grid.port", value);
  }

  @Option(
      names = "--join",
      paramLabel = "HOST:PORT",
      description = "Grid addresses of other routers, with commas. None: starts a cluster.")
  void join(String value) {
    given.put("grid.join", value);
  }

  @Option(
      names = "--cluster",
      paramLabel = "NAME",
      description = "Name of the deployment (default: switchboard).")
  void cluster(String value) {
    given.put("grid.clusterName", value);
  }

  @Option(
      names = "--local-experts",
      description = {
        "Run the experts in this process; no node is needed. Without --join and",
        "--grid-port it then opens no grid."
      })
  void localExperts(boolean value) {
    given.put("router.localExperts", Boolean.toString(value));
  }

  @Option(
      names = "--nodes",
      paramLabel = "N",
      description = "Expert nodes to wait for before the first placement (default: 1).")
  void nodes(String value) {
    given.put("router.minNodes", value);
  }

  @Option(
      names = "--replicas",
      paramLabel = "N",
      description = "Copies of each expert, on different nodes (default: 1).")
  void replicas(String value) {
    given.put("router.replicas", value);
  }

  @Option(
      names = "--mixers",
      paramLabel = "local|nodes",
      description = "Where recurrent (Mamba) mixers are computed (default: local).")
  void mixers(String value) {
    given.put("router.mixers", value);
  }

  @Option(
      names = {"--threads", "--router-threads"},
      paramLabel = "T",
      description = "Threads that compute (default: 0, one a processor).")
  void threads(String value) {
    given.put("router.threads", value);
  }

  @Option(
      names = "--kernels",
      paramLabel = "KIND",
      description = "What computes: auto, java, native or scalar (default: auto).")
  void kernels(String value) {
    given.put("grid.kernels", value);
  }

  @Option(
      names = "--processors",
      paramLabel = "LIST",
      description =
          "Processors that computing threads keep to, as 0-3,8, or from:N of those it may use"
              + " (default: any).")
  void processors(String value) {
    given.put("grid.processors", value);
  }

  @Option(
      names = "--pack-cache",
      paramLabel = "WHERE",
      description = "Packed weights are kept: auto (beside the model), off, or in a folder.")
  void packCache(String value) {
    given.put("grid.packCache", value);
  }

  @Option(
      names = "--prompt-chunk",
      paramLabel = "N",
      description = "Prompt tokens of a request read in one step (default: 512).")
  void promptChunk(String value) {
    given.put("router.promptChunk", value);
  }

  @Option(
      names = "--step-tokens",
      paramLabel = "N",
      description = "Tokens of all requests in one step (default: 512).")
  void stepTokens(String value) {
    given.put("router.stepTokens", value);
  }

  @Option(
      names = "--prompt-delay",
      paramLabel = "TIME",
      description =
          "How much longer prompts may make a step in which others generate (default: 100ms).")
  void promptDelay(String value) {
    given.put("router.promptDelay", value);
  }

  @Option(
      names = "--max-context",
      paramLabel = "N",
      description = "Tokens of a prompt and its answer together (default: 0, what the model has).")
  void maxContext(String value) {
    given.put("router.maxContextTokens", value);
  }

  @Option(
      names = "--kv-cache",
      paramLabel = "BYTES",
      description = "Memory for keys and values (default: 0, a quarter of the machine's).")
  void kvCache(String value) {
    given.put("router.kvCacheBytes", value);
  }

  @Option(
      names = "--max-sequences",
      paramLabel = "N",
      description = "Requests answered at the same time (default: 64).")
  void maxSequences(String value) {
    given.put("router.maxSequences", value);
  }

  @Option(
      names = "--queue",
      paramLabel = "N",
      description = "Requests that may wait beyond those (default: 256).")
  void queue(String value) {
    given.put("router.queue", value);
  }

  @Option(
      names = "--expert-deadline",
      paramLabel = "TIME",
      description = "Time for one layer's remote experts (default: 1500ms).")
  void expertDeadline(String value) {
    given.put("router.expertDeadline", value);
  }
}
