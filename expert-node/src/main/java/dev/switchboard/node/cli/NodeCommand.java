package dev.switchboard.node.cli;

import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.hazelcast.HazelcastGrid;
import dev.switchboard.cluster.hazelcast.Role;
import dev.switchboard.cluster.metrics.MetricsServer;
import dev.switchboard.cluster.settings.NodeProcessSettings;
import dev.switchboard.cluster.settings.SettingsException;
import dev.switchboard.cluster.settings.SettingsLoader;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.packcache.PackOptions;
import dev.switchboard.node.ExpertNode;
import dev.switchboard.node.shard.ModelExperts;
import dev.switchboard.proto.codec.LocalSockets;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import java.util.concurrent.CountDownLatch;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Option;

/** Options of a node process, and its life from start to end. */
@Command(
    name = "node",
    mixinStandardHelpOptions = true,
    versionProvider = NodeVersion.class,
    sortOptions = false,
    description = {
      "Runs one expert node: it joins the cluster, loads the experts that the placement gives it,",
      "and computes them for the routers.",
      ""
    },
    footer = {
      "",
      "Every option can also be given in the file (section node or grid) and in the environment",
      "(SWITCHBOARD_NODE_PORT, ...); an option beats the environment, that beats the file.",
      "",
      "Examples:",
      "  switchboard node --join 127.0.0.1:5701",
      "  switchboard node --join 10.0.0.5:5701 --weights cluster",
      "  switchboard node --host 10.0.0.7 --grid-host 10.0.0.7 --port 7400 --join 10.0.0.5:5701 --cluster prod",
      "  switchboard node --config node.yaml --queue 128",
      "",
      "Exit status: 1 failed, 2 wrong usage; 143 after SIGTERM, when everything has been handed over."
    })
final class NodeCommand implements Callable<Integer> {
  static final int FAILED = 1;
  static final int WRONG_USAGE = 2;

  private static final String DEFAULT_MODEL = "models/switchboard-mini";

  private final Map<String, String> environment;
  private final Map<String, String> flags = new LinkedHashMap<>();

  @Option(names = "--config", paramLabel = "FILE", description = "Settings, as YAML.")
  private @Nullable Path config;

  @Option(
      names = "--exit-with-parent",
      description = "End at once when standard input ends: then whoever started this is gone.")
  private boolean exitWithParent;

  NodeCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Option(
      names = "--model",
      paramLabel = "DIR",
      description = "Model directory or GGUF file (default: what the cluster serves).")
  void model(String value) {
    flags.put("node.model", value);
  }

  @Option(
      names = "--weights",
      paramLabel = "FROM",
      description =
          "Where experts' weights come from: files, cluster, or auto (files where --model names some).")
  void weights(String value) {
    flags.put("node.weights", value);
  }

  @Option(
      names = "--host",
      paramLabel = "ADDRESS",
      description = "Address to listen on (default: 127.0.0.1).")
  void host(String value) {
    flags.put("node.host", value);
  }

  @Option(
      names = "--port",
      paramLabel = "N",
      description = "Port of the gRPC server (default: 0, any free one).")
  void port(String value) {
    flags.put("node.port", value);
  }

  @Option(
      names = "--metrics",
      paramLabel = "HOST:PORT",
      description = "Where metrics, /healthz and /readyz are told over HTTP (default: off).")
  void metrics(String value) {
    flags.put("node.metrics", value);
  }

  @Option(
      names = "--grid-host",
      paramLabel = "ADDRESS",
      description = "Address of the grid (default: 127.0.0.1).")
  void gridHost(String value) {
    flags.put("grid.host", value);
  }

  @Option(
      names = "--grid-port",
      paramLabel = "N",
      description = "Port of the grid (default: 0, any free one).")
  void gridPort(String value) {
    flags.put("grid.port", value);
  }

  @Option(
      names = "--join",
      paramLabel = "HOST:PORT",
      description = "Grid address of a router; several with commas. The node waits for one.")
  void join(String value) {
    flags.put("grid.join", value);
  }

  @Option(
      names = "--cluster",
      paramLabel = "NAME",
      description = "Name of the deployment (default: switchboard).")
  void cluster(String value) {
    flags.put("grid.clusterName", value);
  }

  @Option(names = "--queue", paramLabel = "N", description = "Batches that may wait (default: 64).")
  void queue(String value) {
    flags.put("node.queue", value);
  }

  @Option(
      names = "--capacity",
      paramLabel = "N",
      description = "Experts to take at the most (default: 0, any number).")
  void capacity(String value) {
    flags.put("node.capacityExperts", value);
  }

  @Option(
      names = "--threads",
      paramLabel = "T",
      description = "Threads that compute (default: 0, one a processor).")
  void threads(String value) {
    flags.put("node.threads", value);
  }

  @Option(
      names = "--kernels",
      paramLabel = "KIND",
      description = "What computes: auto, java, native or scalar (default: auto).")
  void kernels(String value) {
    flags.put("grid.kernels", value);
  }

  @Option(
      names = "--processors",
      paramLabel = "LIST",
      description =
          "Processors that computing threads keep to, as 0-3,8, or from:N of those it may use (default: any).")
  void processors(String value) {
    flags.put("grid.processors", value);
  }

  @Option(
      names = "--pack-cache",
      paramLabel = "WHERE",
      description = "Packed weights are kept: auto (beside the model), off, or in a folder.")
  void packCache(String value) {
    flags.put("grid.packCache", value);
  }

  @Option(
      names = "--warm-millis",
      paramLabel = "N",
      description = "Time for warming the kernels (default: 200).")
  void warmMillis(String value) {
    flags.put("node.warmMillis", value);
  }

  @Override
  public Integer call() {
    NodeProcessSettings settings;
    try {
      settings = SettingsLoader.of(Optional.ofNullable(config), environment, flags).node();
    } catch (SettingsException e) {
      return fail(e.getMessage());
    }
    if (exitWithParent) {
      ParentWatch.start();
    }
    try {
      return live(settings);
    } catch (CheckpointException
        | IllegalArgumentException
        | IOException
        | UncheckedIOException e) {
      return fail(e.getMessage());
    } catch (CompletionException e) {
      Throwable cause = e.getCause() == null ? e : e.getCause();
      return fail(cause.getMessage());
    } catch (OutOfMemoryError e) {
      return fail(
          "not enough memory for this node: %s; `switchboard inspect MODEL --nodes N` says what it needs"
              .formatted(e.getMessage()));
    }
  }

  private int live(NodeProcessSettings settings) throws IOException {
    Arithmetic.chooseActivations(settings.grid().activations());
    Arithmetic.chooseBf16(settings.grid().bf16());
    Arithmetic.chooseKernels(settings.grid().kernels());
    LocalSockets.choose(
        LocalSockets.Way.valueOf(settings.grid().sameHost().toUpperCase(Locale.ROOT)));
    PackOptions.choose(settings.grid().packCache(), settings.grid().weightsMemory());
    // From its first moment on the process can be asked whether it lives: loading may take minutes.
    Optional<MetricsServer> metrics = MetricsServer.start(settings.node().metrics());
    // The grid's start is mostly class loading: it goes on beside the rest.
    CompletableFuture<Grid> grid = inBackground(settings);
    // Before any other thread could be first: kernels are chosen while their classes are made.
    StartupLog.mark("kernels " + Kernels.describe());
    try (NodeModel model =
        NodeModel.open(settings.node(), home().resolve(DEFAULT_MODEL), grid::join)) {
      StartupLog.mark("model opened");
      ModelExperts experts = model.experts(grid::join);
      StartupLog.mark("fingerprint");
      String id = NodeIds.next();
      ExpertNode node =
          ExpertNode.start(
              new ExpertNode.Parts(
                  id, settings.node(), settings.grid().boundTo(), experts, System::nanoTime),
              metrics,
              grid::join);
      StartupLog.mark("grid joined, server listens");
      CountDownLatch ended = new CountDownLatch(1);
      Runtime.getRuntime()
          .addShutdownHook(
              Thread.ofPlatform()
                  .name("node-stop")
                  .unstarted(() -> {
                    node.drain();
                    ended.countDown();
                  }));
      node.ready().toCompletableFuture().join();
      StartupLog.mark("ready");
      System.out.println(ReadyLine.json(id, node.address(), node.metricsAddress()));
      ended.await();
      return 0;
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return FAILED;
    }
  }

  private static CompletableFuture<Grid> inBackground(NodeProcessSettings settings) {
    CompletableFuture<Grid> joined = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("node-join")
        .daemon()
        .start(() -> {
          try {
            joined.complete(HazelcastGrid.join(settings.grid(), Role.NODE));
            StartupLog.mark("grid started");
          } catch (RuntimeException | Error e) {
            joined.completeExceptionally(e);
          }
        });
    return joined;
  }

  private Path home() {
    String home =
        System.getProperty("switchboard.home", environment.getOrDefault("SWITCHBOARD_HOME", "."));
    return Path.of(home);
  }

  private static int fail(@Nullable String message) {
    System.err.println("switchboard: " + message);
    return FAILED;
  }
}
