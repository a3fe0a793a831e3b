package dev.switchboard.node;

import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.LoadCost;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.Speaks;
import dev.switchboard.cluster.metrics.MetricsServer;
import dev.switchboard.cluster.metrics.ResidentMemory;
import dev.switchboard.cluster.settings.AnnouncedAddress;
import dev.switchboard.cluster.settings.NodeSettings;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.node.api.ExpertNodeService;
import dev.switchboard.node.api.LaneDoor;
import dev.switchboard.node.api.NodeContext;
import dev.switchboard.node.metrics.NodeMetrics;
import dev.switchboard.node.runtime.BatchProcessor;
import dev.switchboard.node.runtime.ComputeLoop;
import dev.switchboard.node.runtime.HeldExperts;
import dev.switchboard.node.runtime.Leases;
import dev.switchboard.node.runtime.NodeCounters;
import dev.switchboard.node.runtime.ServedModel;
import dev.switchboard.node.runtime.StateStore;
import dev.switchboard.node.shard.ExpertSource;
import dev.switchboard.node.shard.HandOver;
import dev.switchboard.node.shard.ShardLoader;
import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.proto.codec.GrpcServers;
import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.codec.LocalSockets;
import dev.switchboard.proto.codec.Protocols;
import dev.switchboard.proto.codec.RunningServer;
import dev.switchboard.proto.codec.ServerSpec;
import dev.switchboard.proto.v1.Hello;
import dev.switchboard.proto.weights.WeightTable;
import dev.switchboard.proto.weights.WeightsService;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.prometheus.metrics.model.snapshots.MetricSnapshots;
import java.io.IOException;
import java.net.InetAddress;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicReference;
import java.util.function.LongSupplier;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A node that runs. Threads: one for the network, a crew that computes, one that follows the
 * placement, one that loads, one that tells metrics; and the grid's own.
 */
public final class ExpertNode implements AutoCloseable {
  /**
   * A node that stops goes on answering until no batch has come for so long: routers have looked
   * away by then.
   */
  private static final Duration QUIET = Duration.ofMillis(300);

  private static final Duration MOST_DRAIN = Duration.ofSeconds(3);
  private static final Duration STREAMS_END_WITHIN = Duration.ofMillis(300);

  private static final Logger LOG = LoggerFactory.getLogger(ExpertNode.class);

  private final Duration drainTimeout;
  private final EventLoops network;
  private final RunningServer server;
  private final Optional<LaneDoor> lanes;
  private final Optional<WeightsService> weights;
  private final ExpertNodeService service;
  private final Crew crew;
  private final ComputeLoop loop;
  private final ShardControl control;
  private final String id;
  private final Supplier<MetricSnapshots> numbers;
  private final Optional<MetricsServer> metrics;
  private volatile boolean draining;
  private boolean closed;

  private ExpertNode(Parts parts, Optional<MetricsServer> metrics) throws IOException {
    NodeSettings settings = parts.settings();
    this.metrics = metrics;
    ServedModel model = parts.source().model();
    this.id = parts.id();
    this.drainTimeout = settings.drainTimeout();
    AtomicReference<HeldExperts> held = new AtomicReference<>(HeldExperts.none(model));
    NodeCounters counters = new NodeCounters();
    // They are on the heap: what it cannot hold is refused, not tried.
    long mostStates = Math.min(settings.stateBytes(), Runtime.getRuntime().maxMemory() / 2);
    StateStore states = new StateStore(mostStates, parts.nanoTime());
    this.crew = Crew.of("node", settings.computeThreads(), parts.processors());
    BatchProcessor processor =
        new BatchProcessor(held::get, states, counters, parts.nanoTime(), crew);
    this.network = EventLoops.inTurns("node-net");
    this.loop = ComputeLoop.start(settings.queue(), processor, network.turn());
    NodeContext context =
        new NodeContext(
            hello(parts, model),
            held::get,
            loop,
            states,
            new Leases(settings.stateLease()),
            counters,
            parts.nanoTime());
    Loading loading = Loading.of(settings.moves(), loop);
    ShardLoader loader =
        new ShardLoader(parts.source(), counters, parts.nanoTime(), loading.sleep());
    this.service =
        new ExpertNodeService(
            context, () -> loader.memory(context.held().get(), ResidentMemory.bytes()));
    this.weights =
        (settings.serveWeights() ? parts.source().weights() : Optional.<WeightTable>empty())
            .map(table -> new WeightsService(table, Loading.giving(settings.moves(), loop)));
    this.server = listen(settings);
    this.lanes =
        LocalSockets.ofUser()
            .filter(sockets -> server.local())
            .flatMap(sockets -> sockets.lanesOf(id))
            .flatMap(path -> LaneDoor.open(path, context));
    this.numbers =
        new NodeMetrics(
            new NodeMetrics.Parts(
                held::get,
                counters,
                loop,
                service,
                parts.source(),
                parts.nanoTime(),
                this::gridCost,
                () -> weights.map(WeightsService::given).orElse(0L)));
    Shard shard =
        new Shard(
            held, counters, loop, states, loader, loading, settings.warmMillis(), parts.nanoTime());
    AnnouncedAddress called = called(settings);
    NodeInfo info =
        NodeInfo.joining(
                id, called.host(), called.port(), model.fingerprint(), settings.capacityExperts())
            .inDomain(settings.domain().orElse(called.host()))
            .withMemoryFor(settings.moves().memoryExperts())
            .servingWeights(weights.isPresent())
            .speaking(speaks());
    this.control = new ShardControl(shard, info, () -> server.setServing(true));
  }

  /**
   * What a node is made of.
   *
   * @param id unique name of the process
   * @param processors that computing threads keep to; empty: the system's choice
   * @param source where experts come from
   * @param nanoTime the clock
   */
  public record Parts(
      String id,
      NodeSettings settings,
      List<Integer> processors,
      ExpertSource source,
      LongSupplier nanoTime) {}

  /**
   * Listens, and follows the grid as soon as it is there. The node is ready when {@link #ready} is
   * done.
   *
   * @param metrics that listen already, to be told what there is to tell; closed with the node
   * @param grid joined on the calling thread, after the server listens
   * @throws IOException naming the address, if it cannot be bound
   */
  public static ExpertNode start(Parts parts, Optional<MetricsServer> metrics, Supplier<Grid> grid)
      throws IOException {
    ExpertNode node = new ExpertNode(parts, metrics);
    try {
      metrics.ifPresent(server -> server.tell(node.numbers, node::notReady));
      node.control.follow(grid.get());
      return node;
    } catch (RuntimeException e) {
      node.close();
      throw e;
    }
  }

  private Optional<String> notReady() {
    if (draining) {
      return Optional.of("the node stops");
    }
    if (control.drainedByMark()) {
      return Optional.of("the node is drained");
    }
    CompletableFuture<Void> ready = control.ready().toCompletableFuture();
    return ready.isDone() && !ready.isCompletedExceptionally()
        ? Optional.empty()
        : Optional.of("the node does not hold yet what the placement gives it" + control.alone());
  }

  public String id() {
    return id;
  }

  /** {@code host:port} of the gRPC server. */
  public String address() {
    return server.address();
  }

  /** {@code host:port} of the metrics; empty if they are not told. */
  public Optional<String> metricsAddress() {
    return metrics.map(MetricsServer::address);
  }

  /** Done when the node has said that it is ready; fails if its first experts cannot be loaded. */
  public CompletionStage<Void> ready() {
    return control.ready();
  }

  /**
   * Leaves in good order: says so, waits until others hold what it holds ({@code
   * node.drainTimeout}), answers what comes until the routers have looked away, ends: within some
   * three seconds more.
   */
  public synchronized void drain() {
    if (closed) {
      return;
    }
    draining = true;
    server.setServing(false);
    handOver();
    loop.awaitQuiet(QUIET, MOST_DRAIN);
    close();
  }

  private void handOver() {
    try {
      HandOver end =
          control.drain().toCompletableFuture().get(drainTimeout.toMillis(), TimeUnit.MILLISECONDS);
      LOG.info("node {} leaves: {}", id, end == HandOver.DONE ? "handed over" : "nobody to take");
    } catch (TimeoutException e) {
      LOG.warn("node {} leaves: what it holds was not taken within {}", id, drainTimeout);
    } catch (ExecutionException e) {
      throw new IllegalStateException(e);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Ends now; what was admitted is still answered. */
  @Override
  public synchronized void close() {
    if (closed) {
      return;
    }
    closed = true;
    draining = true;
    metrics.ifPresent(MetricsServer::close);
    lanes.ifPresent(LaneDoor::close);
    loop.close();
    crew.close();
    service.endStreams(Status.UNAVAILABLE.withDescription("node " + id + " stops"));
    server.stop(STREAMS_END_WITHIN);
    weights.ifPresent(WeightsService::close);
    control.close();
    network.close();
  }

  private RunningServer listen(NodeSettings settings) throws IOException {
    ServerSpec spec =
        new ServerSpec(
            settings.host(),
            settings.port(),
            Math.toIntExact(settings.maxMessageBytes()),
            Runnable::run,
            localSocket(),
            services());
    try {
      return GrpcServers.start(spec, network);
    } catch (IOException e) {
      loop.close();
      crew.close();
      network.close();
      throw e;
    }
  }

  private Optional<Path> localSocket() {
    Optional<LocalSockets> sockets = LocalSockets.ofUser();
    sockets.ifPresent(LocalSockets::sweep);
    return sockets.flatMap(s -> s.of(id));
  }

  private List<ServerServiceDefinition> services() {
    List<ServerServiceDefinition> services = new ArrayList<>();
    services.add(service.definition());
    weights.ifPresent(given -> services.add(given.definition()));
    return services;
  }

  private AnnouncedAddress called(NodeSettings settings) throws IOException {
    return settings.announce().isPresent()
        ? settings.announce().get()
        : new AnnouncedAddress(reachable(settings.host()), server.port());
  }

  /** What others call: for a server on all addresses, the one that this host's name has. */
  private static String reachable(String host) throws IOException {
    return InetAddress.getByName(host).isAnyLocalAddress()
        ? InetAddress.getLocalHost().getHostAddress()
        : host;
  }

  private LoadCost gridCost() {
    return control.gridCost();
  }

  private static Speaks speaks() {
    return new Speaks(
        System.getProperty("switchboard.version", "development"),
        Arithmetic.described(),
        Protocols.HERE.oldest(),
        Protocols.HERE.newest());
  }

  private static Hello hello(Parts parts, ServedModel model) {
    return Handshake.hello(Arithmetic.VERSION, model.fingerprint(), Kernels.arithmeticOptions())
        .setSenderId(parts.id())
        .setMaxOutstandingBatches(parts.settings().queue())
        .setMaxMessageBytes(parts.settings().maxMessageBytes())
        .setComputeThreads(parts.settings().computeThreads())
        .setCancels(true)
        .build();
  }
}
