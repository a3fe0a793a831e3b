package dev.switchboard.benchmarks;

import dev.switchboard.client.Generation;
import dev.switchboard.client.SwitchboardClient;
import dev.switchboard.client.process.ClusterSpec;
import dev.switchboard.client.process.LaunchFiles;
import dev.switchboard.client.process.PrivateCluster;
import dev.switchboard.proto.v1.GenerateEvent;
import dev.switchboard.proto.v1.GenerateRequest;
import dev.switchboard.proto.v1.TokenIds;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * A router and its nodes as processes of this machine, measured from outside as a client sees them:
 * the prompt until the first token arrives, generation from the first token to the last.
 */
final class OverNodes {
  private static final Duration START = Duration.ofMinutes(3);
  private static final Duration REQUEST = Duration.ofMinutes(10);

  private OverNodes() {}

  /** With no node the router computes the experts itself. */
  static Throughput measure(Path model, int nodes, int replicas, Workload work) {
    ClusterSpec spec =
        new ClusterSpec(nodes, replicas, Optional.of(model.toString()), Optional.empty());
    LaunchFiles files = LaunchFiles.of(System.getenv());
    try (PrivateCluster cluster =
            PrivateCluster.start(spec, files, START, PrivateCluster.Stop.KILL);
        SwitchboardClient client = SwitchboardClient.connect(cluster.router())) {
      long warmUntil = System.nanoTime() + work.warmup().toNanos();
      do {
        once(client, work);
      } while (System.nanoTime() < warmUntil);
      List<Double> prompt = new ArrayList<>();
      List<Double> generate = new ArrayList<>();
      for (int run = 0; run < work.runs(); run++) {
        double[] seconds = once(client, work);
        prompt.add(work.prompt() / seconds[0]);
        generate.add(work.generate() / seconds[1]);
      }
      String where = nodes == 0 ? "a router alone" : "a router and " + nodes + " nodes";
      return new Throughput(where, nodes, Spread.of(prompt), Spread.of(generate));
    }
  }

  /** Seconds until the first token and from there to the last; one more is made than is timed. */
  private static double[] once(SwitchboardClient client, Workload work) {
    List<Integer> ids = Arrays.stream(work.promptIds()).boxed().toList();
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setTokenIds(TokenIds.newBuilder().addAllIds(ids))
            .setMaxTokens(work.generate() + 1)
            .setIgnoreEos(true)
            .build();
    long begun = System.nanoTime();
    long first = 0;
    long last = 0;
    int tokens = 0;
    try (Generation events = client.generate(request, REQUEST)) {
      while (events.hasNext()) {
        GenerateEvent event = events.next();
        if (event.hasToken()) {
          last = System.nanoTime();
          first = tokens++ == 0 ? last : first;
        }
      }
    }
    if (tokens != work.generate() + 1) {
      throw new BenchException(
          "%d tokens came, %d were asked for".formatted(tokens, work.generate() + 1));
    }
    return new double[] {(first - begun) * 1e-9, (last - first) * 1e-9};
  }
}
