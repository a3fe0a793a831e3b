package dev.switchboard.router;

import dev.switchboard.cluster.ExpertCounts;
import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.PlacementKeeper;
import dev.switchboard.cluster.PlacementRules;
import dev.switchboard.cluster.ProcessCost;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.ServedVersion;
import dev.switchboard.cluster.Speaks;
import dev.switchboard.cluster.load.LoadPicture;
import dev.switchboard.cluster.metrics.MetricsServer;
import dev.switchboard.cluster.settings.AccessKeys;
import dev.switchboard.cluster.settings.AnnouncedAddress;
import dev.switchboard.cluster.settings.MixersOn;
import dev.switchboard.cluster.settings.RouterProcessSettings;
import dev.switchboard.cluster.settings.RouterSettings;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.Model;
import dev.switchboard.model.PrefixStates;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.proto.codec.GrpcServers;
import dev.switchboard.proto.codec.Protocols;
import dev.switchboard.proto.codec.RunningServer;
import dev.switchboard.proto.codec.ServerSpec;
import dev.switchboard.proto.v1.EngineStatus;
import dev.switchboard.proto.weights.WeightsService;
import dev.switchboard.router.api.ApiLimits;
import dev.switchboard.router.api.BookChanges;
import dev.switchboard.router.api.Callers;
import dev.switchboard.router.api.ClusterService;
import dev.switchboard.router.api.EngineReport;
import dev.switchboard.router.api.ExpertCalls;
import dev.switchboard.router.api.ExpertMasks;
import dev.switchboard.router.api.ExpertsService;
import dev.switchboard.router.api.InferenceService;
import dev.switchboard.router.api.ModelFacts;
import dev.switchboard.router.api.ModelTexts;
import dev.switchboard.router.api.PlacementCalls;
import dev.switchboard.router.api.StatusSource;
import dev.switchboard.router.engine.Engine;
import dev.switchboard.router.engine.EngineModel;
import dev.switchboard.router.engine.PassCounters;
import dev.switchboard.router.gates.GateDesk;
import dev.switchboard.router.metrics.ClusterLoads;
import dev.switchboard.router.metrics.RouterMetrics;
import dev.switchboard.router.session.Sessions;
import io.grpc.BindableService;
import io.grpc.ServerInterceptors;
import io.grpc.ServerServiceDefinition;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ExecutorService;
import java.util.concurrent.Executors;

/**
 * A router that runs. Threads: a crew computes steps, one each for the network of callers and of
 * nodes, a few check requests, one publishes load, one tells metrics; and the grid's own.
 */
public final class Router implements AutoCloseable {
  private static final int API_THREADS = 4;
  private static final Duration SETTLE = Duration.ofSeconds(1);
  private static final Duration STREAMS_END_WITHIN = Duration.ofMillis(500);

  private final Parts parts;
  private final RouterExperts experts;
  private final Crew crew;
  private final ModelFacts facts;
  private final PassCounters counters;
  private final PrefixStates prefixes;
  private final Engine engine;
  private final EventLoops network;
  private final ExecutorService calls;
  private final Sessions sessions;
  private final RouterAdditions additions;
  private final CompletionStage<Void> ready;
  private final RouterGates gates;
  private final Optional<WeightsService> weights;
  private final RunningServer server;
  private final LoadPublisher publisher;
  private Optional<MetricsServer> metrics = Optional.empty();
  private volatile boolean closed;

  /**
   * What a router is made of.
   *
   * @param id unique name of the process
   * @param model opened; closed by whoever opened it, after the router
   * @param grid joined; closed with the router
   */
  public record Parts(String id, RouterProcessSettings settings, Model model, Grid grid) {}

  private Router(Parts parts, RouterExperts experts, Crew crew) throws IOException {
    RouterSettings settings = parts.settings().router();
    this.parts = parts;
    this.experts = experts;
    this.crew = crew;
    this.facts = ModelFacts.of(parts.model(), RouterAdditions.of(parts));
    ServingLimits limits = ServingLimits.of(settings, parts.model());
    this.counters = new PassCounters(facts.moeLayers().size(), facts.experts());
    this.network = EventLoops.start("router-net", 1);
    this.calls =
        Executors.newFixedThreadPool(
            API_THREADS, Thread.ofPlatform().daemon().name("router-api-", 1).factory());
    this.prefixes = limits.prefixes(experts.runner());
    this.additions = RouterAdditions.open(parts, facts, experts);
    this.ready = experts.ready().thenCombine(additions.begin(), (all, said) -> all);
    this.gates = RouterGates.open(parts, facts, additions.additions());
    this.engine =
        new Engine(
            limits.scheduler(),
            EngineModel.of(parts.model(), experts.runner(), crew, prefixes)
                .watchedBy(gates.watcher()),
            counters,
            () -> RouterAdditions.leaving(parts.grid().view(), facts));
    this.sessions = RouterSessions.open(parts);
    this.weights =
        settings.serveWeights() && !settings.localExperts()
            ? Optional.of(
                ModelWeights.service(
                    parts.model(),
                    wanted -> additions.shelf().flatMap(shelf -> shelf.weights(wanted)),
                    settings.giving(),
                    engine::running))
            : Optional.empty();
    this.publisher = new LoadPublisher(parts.grid(), this::load, counters.cost());
    this.server = listen(settings, limits.api());
    engine.start();
    gates.desk().ifPresent(desk -> desk.start(engine));
  }

  /**
   * Loads what the router holds itself, listens and joins in. It can answer once {@link #ready} is
   * done.
   *
   * @param metrics that listen already, to be told what there is to tell; closed with the router
   * @throws IOException naming the address, if it cannot be listened on
   */
  public static Router start(Parts parts, Optional<MetricsServer> metrics) throws IOException {
    RouterSettings settings = parts.settings().router();
    prepare(parts.model(), settings);
    parts.grid().serve(new ServedVersion(parts.model().fingerprint(), Arithmetic.described()));
    int threads = settings.computeThreads();
    Crew crew = Crew.of("router", threads, parts.settings().grid().boundTo());
    RouterExperts experts =
        settings.localExperts()
            ? RouterExperts.Local.load(parts.model(), crew)
            : RouterExperts.Remote.open(parts.id(), parts.model(), settings, parts.grid());
    Router router;
    try {
      router = new Router(parts, experts, crew);
    } catch (IOException | RuntimeException e) {
      experts.close();
      crew.close();
      throw e;
    }
    metrics.ifPresent(router::tell);
    router.joinIn();
    return router;
  }

  /** What has to be said to a model before its trunk is loaded. */
  public static void prepare(Model model, RouterSettings settings) {
    if (!settings.localExperts() && settings.mixers() == MixersOn.NODES) {
      model.placeMixers();
    }
  }

  private LoadPicture picture() {
    return publisher.watch().picture(System.nanoTime());
  }

  private RunningServer listen(RouterSettings settings, ApiLimits limits) throws IOException {
    Model model = parts.model();
    ExpertMasks masks =
        new ExpertMasks(
            settings.keys().map(AccessKeys::read).orElse(AccessKeys.OPEN),
            () -> parts.grid().view().experts(),
            facts.expertNames());
    InferenceService inference =
        new InferenceService(
            new InferenceService.Parts(
                engine,
                facts,
                ModelTexts.of(model),
                limits,
                settings.requestDeadline(),
                sessions,
                gates.chooser(),
                masks));
    StatusSource source =
        new StatusSource(
            parts.settings().grid().clusterName(),
            facts,
            parts.grid(),
            () -> load().with(publisher.costs().now()),
            settings.localExperts(),
            () -> experts.missing().isEmpty(),
            node -> experts.remote().map(remote -> remote.links().protocol(node)).orElse(0),
            this::engineReport,
            this::picture);
    ServerSpec spec =
        new ServerSpec(
            settings.host(),
            settings.port(),
            Math.toIntExact(settings.maxMessageBytes()),
            calls,
            services(
                inference,
                new ClusterService(
                    source,
                    experts::channel,
                    expertCalls(masks),
                    new PlacementCalls(parts.grid(), masks)),
                gates.service(masks::refusal),
                new ExpertsService(engine, facts, masks)));
    try {
      return GrpcServers.start(spec, network);
    } catch (IOException e) {
      publisher.close();
      calls.shutdownNow();
      network.close();
      throw e;
    }
  }

  private ClusterService.Experts expertCalls(ExpertMasks masks) {
    ExpertCalls.Parts asked =
        new ExpertCalls.Parts(
            new BookChanges(parts.grid(), additions::remember),
            facts,
            masks,
            () -> gates.chooser().use(""),
            experts::callable,
            engine::mayWake);
    return additions.calls(asked, parts, gates.desk());
  }

  private void tell(MetricsServer open) {
    RouterMetrics numbers =
        new RouterMetrics(
            new RouterMetrics.Parts(
                parts.model(),
                facts,
                engine,
                counters,
                prefixes,
                experts.remote(),
                new ClusterLoads(parts.grid(), facts, this::load, this::picture)));
    open.tell(numbers, this::notReady);
    metrics = Optional.of(open);
  }

  private Optional<String> notReady() {
    if (closed) {
      return Optional.of("the router stops");
    }
    if (engine.broken().toCompletableFuture().isDone()) {
      return Optional.of("the router's engine broke");
    }
    return experts.missing().map(reason -> reason + besides());
  }

  /** Why it may be so that nodes are there and none is used. */
  private String besides() {
    String others = parts.grid().view().others().nodesInWords();
    return others.isEmpty() ? "" : "; nodes of other versions, which are not used: " + others;
  }

  private static Speaks speaks() {
    return new Speaks(
        System.getProperty("switchboard.version", "development"),
        Arithmetic.described(),
        Protocols.HERE.oldest(),
        Protocols.HERE.newest());
  }

  private EngineStatus engineReport() {
    return EngineReport.of(engine.counters(), parts.model().trunk().kvCache(), prefixes.usage());
  }

  private List<ServerServiceDefinition> services(BindableService... bound) {
    List<ServerServiceDefinition> services = new ArrayList<>();
    for (BindableService service : bound) {
      services.add(ServerInterceptors.intercept(service, new Callers()));
    }
    weights.ifPresent(given -> services.add(given.definition()));
    return services;
  }

  private void joinIn() {
    RouterSettings settings = parts.settings().router();
    RouterInfo info =
        new RouterInfo(
                parts.id(),
                settings.announce().map(AnnouncedAddress::host).orElse(settings.host()),
                settings.announce().map(AnnouncedAddress::port).orElse(server.port()),
                ProcessHandle.current().pid(),
                facts.fingerprint(),
                weights.isPresent(),
                false)
            .speaking(speaks());
    parts.grid().announce(settings.localExperts() ? info.reaching(RouterInfo.NEEDS_NONE) : info);
    experts
        .remote()
        .ifPresent(remote ->
            remote.links().onReached(epoch -> parts.grid().announce(info.reaching(epoch))));
    if (!settings.localExperts()) {
      parts
          .grid()
          .keepPlacement(
              new PlacementKeeper(
                  facts.fingerprint(),
                  view -> facts.units().with(facts.addedTo(view).size()).count(),
                  rules(settings),
                  new UnitTokens(parts.grid(), facts, this::load),
                  publisher.watch()::speeds));
    }
    ready().thenRun(() -> server.setServing(true));
    engine.broken().thenRun(() -> server.setServing(false));
  }

  private static PlacementRules rules(RouterSettings settings) {
    return new PlacementRules(
        settings.replicas(),
        settings.minNodes(),
        settings.placement().hotReplicas(),
        SETTLE,
        settings.placement().repairAfter(),
        settings.placement().rebalanceEvery());
  }

  /** {@code host:port} of the gRPC server. */
  public String address() {
    return server.address();
  }

  /** {@code host:port} of the metrics; empty if they are not told. */
  public Optional<String> metricsAddress() {
    return metrics.map(MetricsServer::address);
  }

  /** Done once every expert can be called, and it is known which may be woken. */
  public CompletionStage<Void> ready() {
    return ready;
  }

  /** Why the node cannot be sent to now; empty if it can. */
  public Optional<String> nodeProblem(String nodeId) {
    return experts.problem(nodeId);
  }

  /** Done if the router has come to an end that nobody asked for. */
  public CompletionStage<Void> broken() {
    return engine.broken();
  }

  private RouterLoad load() {
    PassCounters.Snapshot now = counters.snapshot();
    return new RouterLoad(
        parts.id(),
        facts.fingerprint(),
        ExpertCounts.of(facts.moeLayers().size(), now.experts(), now.calls()),
        now.passes(),
        experts.localMultiplyAdds(),
        engine.running(),
        engine.queued(),
        ProcessCost.NONE);
  }

  /**
   * Takes nothing more, lets what runs end within the grace, ends the rest with a word, and leaves
   * the grid.
   */
  public synchronized void stop(Duration grace) {
    if (closed) {
      return;
    }
    closed = true;
    server.setServing(false);
    gates.desk().ifPresent(GateDesk::close);
    additions.close();
    engine.stop(grace);
    sessions.close();
    server.stop(STREAMS_END_WITHIN);
    metrics.ifPresent(MetricsServer::close);
    publisher.close();
    weights.ifPresent(WeightsService::close);
    experts.close();
    crew.close();
    parts.grid().close();
    calls.shutdownNow();
    network.close();
  }

  @Override
  public void close() {
    stop(Duration.ZERO);
  }
}
