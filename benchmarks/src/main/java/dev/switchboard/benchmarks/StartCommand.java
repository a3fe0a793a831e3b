package dev.switchboard.benchmarks;

import dev.switchboard.client.Generation;
import dev.switchboard.client.SwitchboardClient;
import dev.switchboard.client.process.ClusterSpec;
import dev.switchboard.client.process.LaunchFiles;
import dev.switchboard.client.process.PrivateCluster;
import dev.switchboard.model.ExpertLayer;
import dev.switchboard.model.Model;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.TokenIds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** {@code bench start}. */
@Command(
    name = "start",
    description = "How soon an expert node is ready, and what memory it takes beyond its weights.",
    mixinStandardHelpOptions = true,
    versionProvider = Versions.class,
    footer = {
      "",
      "A router and one node that has all experts, started anew for each run. The time is the node's, from the",
      "start of its process to its ready line, warm kernels included; its memory is what is in RAM after a",
      "request of 256 tokens and 16 generated ones, less the experts' weights.",
      "",
      "Example: ./switchboard bench start --json"
    })
final class StartCommand implements Callable<Integer> {
  private static final Duration PATIENCE = Duration.ofMinutes(5);
  private static final int PROMPT = 256;
  private static final int GENERATE = 16;

  @Mixin private Output output = new Output();
  @Mixin private ModelPath modelPath = new ModelPath();

  @Option(
      names = "--runs",
      paramLabel = "N",
      defaultValue = "5",
      description = "Starts (default ${DEFAULT-VALUE}).")
  private int runs;

  /** Of one start. */
  private record One(double seconds, double memoryBytes) {}

  @Override
  public Integer call() {
    Checks.positive("--runs", runs);
    Path model = modelPath.path();
    Machine machine = Machine.here();
    output.line(machine.text());
    long weights;
    int[] ids;
    try (Model opened = Model.open(model)) {
      weights = expertBytes(opened);
      ids = Workload.ids(Optional.empty(), opened.plan().vocabulary());
    }
    List<One> starts = new ArrayList<>();
    for (int run = 0; run < runs; run++) {
      starts.add(output.show(start(model, ids), one -> text(one, weights)));
    }
    Spread seconds = Spread.of(starts.stream().map(One::seconds).toList());
    Spread beyond = Spread.of(starts.stream().map(one -> one.memoryBytes() - weights).toList());
    output.line(
        "median: ready after %.1f s, %.0f MiB beyond the weights"
            .formatted(seconds.median(), beyond.median() / (1 << 20)));
    Map<String, Object> object = new LinkedHashMap<>();
    object.put("machine", machine);
    object.put("model", model.toString());
    object.put("start_to_ready_seconds", seconds);
    object.put("weights_bytes", weights);
    object.put("beyond_weights_bytes", beyond);
    output.json(object);
    return 0;
  }

  private static String text(One one, long weights) {
    return "ready after %.2f s; %.0f MiB in memory, %.0f of them beyond the weights"
        .formatted(
            one.seconds(),
            one.memoryBytes() / (1 << 20),
            (one.memoryBytes() - weights) / (1 << 20));
  }

  private static long expertBytes(Model model) {
    var sizes = model.sizes().experts();
    long bytes = 0;
    for (ExpertLayer layer : model.expertLayers()) {
      var one = sizes.get(layer.layer());
      bytes += one == null ? 0 : layer.experts() * one.bytes();
    }
    return bytes;
  }

  private static One start(Path model, int[] ids) {
    ClusterSpec spec = new ClusterSpec(1, 1, Optional.of(model.toString()), Optional.empty());
    LaunchFiles files = LaunchFiles.of(System.getenv());
    try (PrivateCluster cluster =
            PrivateCluster.start(spec, files, PATIENCE, PrivateCluster.Stop.KILL);
        SwitchboardClient client = SwitchboardClient.connect(cluster.router())) {
      double seconds = cluster.nodeStart(0, PATIENCE).toNanos() * 1e-9;
      ask(client, ids);
      return new One(seconds, Memory.of(cluster.nodePids().getFirst()));
    }
  }

  private static void ask(SwitchboardClient client, int[] ids) {
    TokenIds prompt =
        TokenIds.newBuilder().addAllIds(Arrays.stream(ids).limit(PROMPT).boxed().toList()).build();
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setTokenIds(prompt)
            .setMaxTokens(GENERATE)
            .setIgnoreEos(true)
            .build();
    try (Generation events = client.generate(request, PATIENCE)) {
      while (events.hasNext()) {
        events.next();
      }
    }
  }
}
