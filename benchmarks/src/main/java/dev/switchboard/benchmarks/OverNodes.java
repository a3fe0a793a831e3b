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
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;
import java.util.function.IntFunction;
import java.util.stream.IntStream;

/**
 * A router and its nodes as processes of this machine, measured from outside as a client sees them,
 * once they run and are warm: a prompt until its first token arrives, generation from one token to
 * another. Each generated token's id is given, so that every arrangement reads the same ids.
 */
final class OverNodes implements Contender {
  private static final Duration START = Duration.ofMinutes(3);
  private static final Duration REQUEST = Duration.ofMinutes(10);

  private final PrivateCluster cluster;
  private final SwitchboardClient client;
  private final Workload work;
  private final Sizes sizes;
  private int prompts;

  private OverNodes(PrivateCluster cluster, Workload work) {
    this.cluster = cluster;
    this.client = SwitchboardClient.connect(cluster.router());
    this.work = work;
    this.sizes = work.sizes();
  }

  /**
   * Starts the processes. With no node the router computes the experts itself.
   *
   * @param kvBytes keys and values of a token. The router may keep those of twice what runs at
   *     once: its cache is then full when the measuring begins, as a server's is after a while, and
   *     no memory is touched for the first time
   */
  static OverNodes start(Path model, Arrangement arrangement, Workload work, long kvBytes) {
    ClusterSpec spec =
        new ClusterSpec(
            arrangement.nodes(),
            arrangement.replicas(),
            Optional.of(model.toString()),
            Optional.empty(),
            ClusterSpec.Kind.LASTING,
            arrangement.compute(2 * kvBytes * work.mostTokens()),
            ClusterSpec.Routers.ONE);
    LaunchFiles files = LaunchFiles.of(System.getenv());
    return new OverNodes(PrivateCluster.start(spec, files, START, PrivateCluster.Stop.KILL), work);
  }

  /** Starts, measures and ends them. */
  static Throughput measure(Path model, Arrangement arrangement, Workload work, long kvBytes) {
    try (OverNodes over = start(model, arrangement, work, kvBytes)) {
      Optional<Spread> prompt =
          work.sizes().prompt() == 0 ? Optional.empty() : Optional.of(over.prompts());
      Optional<Spread> generate =
          work.sizes().generate() == 0 ? Optional.empty() : Optional.of(over.generations());
      int nodes = arrangement.nodes();
      return new Throughput(
          nodes == 0 ? "a router alone" : "a router and " + nodes + " nodes",
          nodes,
          prompt,
          generate,
          memory(over.cluster));
    }
  }

  @Override
  public double promptSpeed() {
    int[] ids = work.promptIds();
    long begun = System.nanoTime();
    long[] arrived = generate(neverRead(ids), new int[] {ids[0]});
    return ids.length / ((arrived[0] - begun) * 1e-9);
  }

  @Override
  public double generateSpeed(int run) {
    return speed(all(stream -> generate(work.earlierIds(), forcedIds(stream, run, run + 1))), 0);
  }

  @Override
  public CompilerTime compilers() {
    List<Long> processes = new ArrayList<>(cluster.nodePids());
    processes.add(cluster.routerPid());
    return CompilerTime.ofThisAnd(processes);
  }

  @Override
  public void close() {
    client.close();
    cluster.close();
  }

  private static long memory(PrivateCluster cluster) {
    return Memory.of(cluster.routerPid()) + cluster.nodePids().stream().mapToLong(Memory::of).sum();
  }

  private void warmUp(Runnable request) {
    new WarmUp(sizes.warmup(), compilers()).with(request);
  }

  private Spread prompts() {
    int[] ids = work.promptIds();
    int[] first = {ids[0]};
    warmUp(() -> generate(neverRead(ids), first));
    List<Double> speeds = new ArrayList<>();
    for (int run = 0; run < sizes.runs(); run++) {
      speeds.add(promptSpeed());
    }
    return Spread.of(speeds);
  }

  /**
   * With a first token of its own: a prompt that begins as an earlier one did is not read again.
   */
  private int[] neverRead(int[] ids) {
    int[] prompt = ids.clone();
    prompt[0] = prompts++;
    return prompt;
  }

  private Spread generations() {
    int[] first = {work.ids()[0]};
    warmUp(() -> all(stream -> generate(first, work.generatedIds(stream, 0))));
    List<long[]> arrived =
        all(stream -> generate(work.earlierIds(), forcedIds(stream, 0, sizes.runs())));
    return Spread.of(
        IntStream.range(0, sizes.runs()).mapToObj(run -> speed(arrived, run)).toList());
  }

  /** The first stands for the end of the prompt, whose logits choose a token as well. */
  private int[] forcedIds(int stream, int firstRun, int endRun) {
    int[] ids =
        IntStream.range(firstRun, endRun)
            .flatMap(run -> Arrays.stream(work.generatedIds(stream, run)))
            .toArray();
    int[] forced = Arrays.copyOf(ids, ids.length + 1);
    forced[ids.length] = ids[0];
    return forced;
  }

  /**
   * Tokens a second of all streams in one run: from the first that begins to the last that ends.
   */
  private double speed(List<long[]> arrived, int run) {
    int begin = run * sizes.generate();
    long begun = arrived.stream().mapToLong(stamps -> stamps[begin]).min().orElseThrow();
    long ended =
        arrived.stream().mapToLong(stamps -> stamps[begin + sizes.generate()]).max().orElseThrow();
    return (double) arrived.size() * sizes.generate() / ((ended - begun) * 1e-9);
  }

  /** One request of every stream, at once. */
  private List<long[]> all(IntFunction<long[]> request) {
    if (work.streams() == 1) {
      return List.of(request.apply(0));
    }
    try (ExecutorService threads = Executors.newFixedThreadPool(work.streams())) {
      List<CompletableFuture<long[]>> requests =
          IntStream.range(0, work.streams())
              .mapToObj(s -> CompletableFuture.supplyAsync(() -> request.apply(s), threads))
              .toList();
      return requests.stream().map(CompletableFuture::join).toList();
    } catch (CompletionException e) {
      throw e.getCause() instanceof RuntimeException cause ? cause : e;
    }
  }

  /** When each token arrived, in nanoseconds. */
  private long[] generate(int[] prompt, int[] forced) {
    GenerateRequest request =
        GenerateRequest.newBuilder()
            .setTokenIds(ids(prompt))
            .setForceIds(ids(forced))
            .setIgnoreEos(true)
            .build();
    long[] arrived = new long[forced.length];
    int tokens = 0;
    try (Generation events = client.generate(request, REQUEST)) {
      while (events.hasNext()) {
        GenerateEvent event = events.next();
        if (event.hasToken() && tokens < arrived.length) {
          arrived[tokens++] = System.nanoTime();
        }
      }
    }
    if (tokens != forced.length) {
      throw new BenchException(
          "%d tokens came, %d were asked for".formatted(tokens, forced.length));
    }
    return arrived;
  }

  private static TokenIds ids(int[] ids) {
    return TokenIds.newBuilder().addAllIds(Arrays.stream(ids).boxed().toList()).build();
  }
}
