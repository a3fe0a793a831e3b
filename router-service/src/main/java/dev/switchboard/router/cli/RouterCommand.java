package dev.switchboard.router.cli;

import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.hazelcast.GridException;
import dev.switchboard.cluster.hazelcast.HazelcastGrid;
import dev.switchboard.cluster.hazelcast.Role;
import dev.switchboard.cluster.metrics.MetricsServer;
import dev.switchboard.cluster.settings.GridSettings;
import dev.switchboard.cluster.settings.RouterProcessSettings;
import dev.switchboard.cluster.settings.RouterSettings;
import dev.switchboard.cluster.settings.SettingsException;
import dev.switchboard.cluster.settings.SettingsLoader;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.Model;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.packcache.PackOptions;
import dev.switchboard.proto.codec.LocalSockets;
import dev.switchboard.router.Router;
import dev.switchboard.router.SoloGrid;
import dev.switchboard.router.engine.EngineModel;
import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Locale;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.Callable;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionException;
import org.jspecify.annotations.Nullable;
import picocli.CommandLine.Command;
import picocli.CommandLine.Mixin;
import picocli.CommandLine.Option;

/** A router process from start to end. */
@Command(
    name = "router",
    mixinStandardHelpOptions = true,
    versionProvider = RouterVersion.class,
    sortOptions = false,
    description = {
      "Runs a router: it takes requests over gRPC, computes the model's trunk and gates, and sends each",
      "token to the nodes that hold the experts it needs.",
      ""
    },
    footer = {
      "",
      "Every option can also be given in the file (section router or grid) and in the environment",
      "(SWITCHBOARD_ROUTER_PORT, ...); an option beats the environment, that beats the file.",
      "",
      "When the grid listens and when requests can be answered, one line of JSON each goes to standard",
      "output; logs go to standard error, at the level of SWITCHBOARD_LOG.",
      "",
      "Examples:",
      "  switchboard router --local-experts --port 7300",
      "  switchboard router --nodes 2 --replicas 2 --grid-port 5701",
      "  switchboard router --host 10.0.0.5 --grid-host 10.0.0.5 --port 7300 --join 10.0.0.6:5701 --cluster prod",
      "  switchboard router --config router.yaml",
      "",
      "Exit status: 0 ended in good order, 1 failed, 2 wrong usage."
    })
final class RouterCommand implements Callable<Integer> {
  private final Map<String, String> environment;

  @Mixin private final RouterFlags flags = new RouterFlags();

  @Option(names = "--config", paramLabel = "FILE", description = "Settings, as YAML.")
  private @Nullable Path config;

  @Option(
      names = "--added-expert",
      paramLabel = "DIR",
      description = {
        "One more expert beside the model's own, and its gate ('train expert'); with --local-experts",
        "alone. Where nodes run the experts, 'switchboard expert add' puts it in while they run."
      })
  private @Nullable Path added;

  @Option(
      names = "--exit-with-parent",
      description = "End at once when standard input ends: then whoever started this is gone.")
  private boolean exitWithParent;

  RouterCommand(Map<String, String> environment) {
    this.environment = environment;
  }

  @Override
  public Integer call() {
    StartupLog.mark("options read");
    try {
      RouterProcessSettings settings =
          SettingsLoader.of(Optional.ofNullable(config), environment, flags.given()).router();
      if (exitWithParent) {
        ParentWatch.start();
      }
      return live(settings);
    } catch (SettingsException
        | CheckpointException
        | GridException
        | IllegalArgumentException
        | IOException
        | UncheckedIOException e) {
      return Exit.fail(e.getMessage());
    } catch (CompletionException e) {
      return Exit.fail(e.getCause() == null ? e.getMessage() : e.getCause().getMessage());
    } catch (OutOfMemoryError e) {
      return Exit.fail(
          "not enough memory for this model: %s; `switchboard inspect MODEL --nodes N` says what it needs"
              .formatted(e.getMessage()));
    }
  }

  private int live(RouterProcessSettings settings) throws IOException {
    Arithmetic.chooseActivations(settings.grid().activations());
    Arithmetic.chooseBf16(settings.grid().bf16());
    Arithmetic.chooseKeysAndValues(settings.router().kvCacheType());
    Arithmetic.chooseKernels(settings.grid().kernels());
    LocalSockets.choose(
        LocalSockets.Way.valueOf(settings.grid().sameHost().toUpperCase(Locale.ROOT)));
    PackOptions.choose(settings.grid().packCache(), settings.grid().weightsMemory());
    // From its first moment on the process can be asked whether it lives: loading may take minutes.
    Optional<MetricsServer> metrics = MetricsServer.start(settings.router().metrics());
    // The grid's start is mostly class loading: it goes on beside the model's.
    CompletableFuture<Grid> grid = inBackground(settings);
    Path directory = Home.model(settings.router().model(), environment);
    try (Model model = open(directory, settings.router())) {
      StartupLog.mark("model opened");
      Router.prepare(model, settings.router());
      model.trunk();
      EngineModel.tokenizer(model);
      StartupLog.mark("trunk loaded");
      Router router =
          Router.start(new Router.Parts(RouterIds.next(), settings, model, grid.join()), metrics);
      StartupLog.mark("server listens");
      CompletableFuture<Integer> end = stopsAtShutdown(router, settings.router().drain());
      if (!exitWithParent) {
        // A child serves a request or two: warming would cost it more than it saves.
        model.trunk().warm();
        StartupLog.mark("warm");
      }
      router.ready().toCompletableFuture().join();
      StartupLog.mark("ready");
      Announcements.ready(
          router.address(),
          grid.join().gridAddress(),
          model.plan().name(),
          Kernels.describe(),
          router.metricsAddress());
      return end.join();
    }
  }

  private Model open(Path directory, RouterSettings settings) {
    if (added == null) {
      return Model.open(directory, settings.gate());
    }
    if (!settings.localExperts()) {
      throw new SettingsException(
          "--added-expert: only with --local-experts; nodes are given it by `switchboard expert add`");
    }
    if (settings.gate().isPresent()) {
      throw new SettingsException("--added-expert brings a gate of its own: not with --gate");
    }
    return Model.withExpert(directory, added);
  }

  /** Done with the exit code when the process is told to end, or the router breaks. */
  private static CompletableFuture<Integer> stopsAtShutdown(Router router, Duration drain) {
    CompletableFuture<Integer> end = new CompletableFuture<>();
    Runtime.getRuntime()
        .addShutdownHook(
            Thread.ofPlatform()
                .name("router-stop")
                .unstarted(() -> {
                  router.stop(drain);
                  end.complete(Exit.DONE);
                }));
    router
        .broken()
        .thenRun(() -> end.complete(Exit.fail("the router's engine broke; see the log")));
    return end;
  }

  private static CompletableFuture<Grid> inBackground(RouterProcessSettings settings) {
    CompletableFuture<Grid> joined = new CompletableFuture<>();
    Thread.ofPlatform()
        .name("router-join")
        .daemon()
        .start(() -> {
          try {
            Grid grid = open(settings);
            Announcements.listening(grid.gridAddress(), settings.grid().clusterName());
            joined.complete(grid);
            StartupLog.mark("grid started");
          } catch (RuntimeException | Error e) {
            joined.completeExceptionally(e);
          }
        });
    return joined;
  }

  private static Grid open(RouterProcessSettings settings) {
    GridSettings grid = settings.grid();
    boolean solo = settings.router().localExperts() && grid.join().isEmpty() && grid.port() == 0;
    return solo ? new SoloGrid(grid) : HazelcastGrid.join(grid, Role.ROUTER);
  }
}
