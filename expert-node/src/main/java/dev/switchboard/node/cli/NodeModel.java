package dev.switchboard.node.cli;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeState;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.settings.NodeSettings;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.Model;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.node.shard.ModelExperts;
import dev.switchboard.node.weights.AddedExperts;
import dev.switchboard.node.weights.RemoteModel;
import dev.switchboard.node.weights.RemoteWeights;
import dev.switchboard.node.weights.WeightChannels;
import dev.switchboard.node.weights.WeightSource;
import dev.switchboard.proto.codec.EventLoops;
import io.grpc.StatusRuntimeException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.atomic.AtomicBoolean;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The model that a node serves, and where its weights come from: files here, or the routers and
 * nodes of the grid that give theirs away.
 */
final class NodeModel implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(NodeModel.class);
  private static final Duration MANIFEST = Duration.ofSeconds(30);

  private final Model model;
  private final boolean files;
  private final Runnable onClose;

  private NodeModel(Model model, boolean files, Runnable onClose) {
    this.model = model;
    this.files = files;
    this.onClose = onClose;
  }

  /**
   * Opens it.
   *
   * @param standard the model that is meant when none is named
   * @param grid joined; asked only where the model is not known from files
   * @throws CheckpointException if there is no such model, or nobody gives its weights away
   */
  static NodeModel open(NodeSettings settings, Path standard, Supplier<Grid> grid) {
    Path path = settings.model().orElse(standard);
    return switch (settings.weights()) {
      case FILES -> ofFiles(Model.open(path));
      case CLUSTER -> ofCluster(grid.get());
      case AUTO -> {
        if (settings.model().isPresent()) {
          // A path that was named and is not there is a mistake, not a wish for the cluster.
          yield ofFiles(Model.open(path));
        }
        yield Files.exists(path) ? standardOrServed(path, grid.get()) : ofCluster(grid.get());
      }
    };
  }

  Model model() {
    return model;
  }

  /**
   * @param grid names the routers that give away what was added to the model
   */
  ModelExperts experts(Supplier<Grid> grid) {
    String fingerprint = model.fingerprint();
    AddedExperts added =
        new AddedExperts(
            model.plan(),
            () -> routers(grid.get().view(), fingerprint),
            RemoteWeights.Patience.STANDARD);
    return new ModelExperts(model, files, added);
  }

  @Override
  public void close() {
    model.close();
    onClose.run();
  }

  private static NodeModel ofFiles(Model model) {
    return new NodeModel(model, true, () -> {});
  }

  /** The embedded model, if that is what the cluster serves. */
  private static NodeModel standardOrServed(Path standard, Grid grid) {
    Model here = Model.open(standard);
    RouterInfo router = lastRouter(grid);
    if (router.model().equals(here.fingerprint()) || !router.servesWeights()) {
      return ofFiles(here);
    }
    here.close();
    LOG.info("the cluster serves model {}: weights come from there", router.model());
    return ofCluster(grid);
  }

  private static NodeModel ofCluster(Grid grid) {
    String fingerprint = lastRouter(grid).model();
    EventLoops loops = EventLoops.start("node-weights", 1);
    WeightChannels channels = new WeightChannels(loops);
    Runnable close =
        () -> {
          channels.close();
          loops.close();
        };
    try {
      Supplier<List<WeightSource>> sources = () -> sources(grid.view(), fingerprint);
      RemoteModel remote = manifest(fingerprint, sources.get(), channels);
      RemoteWeights weights =
          new RemoteWeights(fingerprint, sources, channels, RemoteWeights.Patience.STANDARD);
      return new NodeModel(remote.open(weights), false, close);
    } catch (RuntimeException e) {
      close.run();
      throw e;
    }
  }

  private static RemoteModel manifest(
      String fingerprint, List<WeightSource> sources, WeightChannels channels) {
    List<String> reasons = new ArrayList<>();
    for (WeightSource source : sources) {
      try {
        RemoteModel remote = RemoteModel.of(source, channels.to(source), MANIFEST);
        if (remote.fingerprint().equals(fingerprint)) {
          return remote;
        }
        reasons.add(source + " serves model " + remote.fingerprint());
      } catch (StatusRuntimeException e) {
        reasons.add(source + ": " + e.getMessage());
      }
    }
    throw new CheckpointException(
        "nobody gives the weights of model %s away%s; name its files with --model"
            .formatted(fingerprint, reasons.isEmpty() ? "" : ": " + String.join("; ", reasons)));
  }

  /**
   * Waits for it: without a router there is nothing to do for a node. Where routers of several
   * versions are, one is being replaced by another: whoever came last says which model is to be
   * served from now on.
   */
  private static RouterInfo lastRouter(Grid grid) {
    CompletableFuture<RouterInfo> found = new CompletableFuture<>();
    AtomicBoolean told = new AtomicBoolean();
    grid.onChange(view -> {
      last(view, Arithmetic.described()).ifPresent(found::complete);
      if (!found.isDone() && !view.allRouters().isEmpty() && !told.getAndSet(true)) {
        LOG.warn(
            "no router computes as this node does, arithmetic {}; routers there: {}",
            Arithmetic.described(),
            new ClusterView.Others(List.of(), view.allRouters()).routersInWords());
      }
    });
    return found.join();
  }

  /** The youngest router of that arithmetic. */
  static Optional<RouterInfo> last(ClusterView view, String arithmetic) {
    return view.allRouters().stream()
        .filter(router -> router.speaks().arithmetic().equals(arithmetic))
        .reduce((older, younger) -> younger);
  }

  /** Nodes that have the files first: a router has more to do. */
  static List<WeightSource> sources(ClusterView view, String fingerprint) {
    List<WeightSource> sources = new ArrayList<>();
    for (NodeInfo node : view.allNodes()) {
      boolean there = node.state() == NodeState.READY || node.state() == NodeState.JOINING;
      if (node.servesWeights() && there && node.model().equals(fingerprint)) {
        sources.add(new WeightSource(node.id(), node.host(), node.port()));
      }
    }
    sources.addAll(routers(view, fingerprint));
    return sources;
  }

  private static List<WeightSource> routers(ClusterView view, String fingerprint) {
    return view.allRouters().stream()
        .filter(router -> router.servesWeights() && router.model().equals(fingerprint))
        .map(router -> new WeightSource(router.id(), router.host(), router.port()))
        .toList();
  }
}
