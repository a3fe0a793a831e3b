package dev.switchboard.router;

import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.Placement;
import dev.switchboard.cluster.settings.RepeatSettings;
import dev.switchboard.cluster.settings.RouterSettings;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.ExpertLayer;
import dev.switchboard.model.Model;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.LocalExperts;
import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.router.api.ModelFacts;
import dev.switchboard.router.dispatch.RemoteExperts;
import dev.switchboard.router.dispatch.RemoteSpec;
import dev.switchboard.router.health.NodeHealth;
import io.grpc.Channel;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** Where a router's experts run: here, or on the nodes of the grid. */
sealed interface RouterExperts extends AutoCloseable {
  ExpertRunner runner();

  /** Done once every expert can be called. */
  CompletionStage<Void> ready();

  /** Why not every expert can be called now; empty if every one can. */
  Optional<String> missing();

  /** A channel to a node by its id, if it can be called. */
  Optional<Channel> channel(String nodeId);

  /** Why the node cannot be sent to now; empty if it can, or if nothing is sent to nodes. */
  Optional<String> problem(String nodeId);

  /** Whether an expert of that index can be called now. */
  boolean callable(int expert);

  /** The way to the nodes; empty if nothing is sent to nodes. */
  Optional<RemoteExperts> remote();

  /** Multiply-adds done in this process. */
  long localMultiplyAdds();

  @Override
  void close();

  /** All experts in this process. */
  record Local(LocalExperts experts) implements RouterExperts {
    static Local load(Model model, Crew crew) {
      return new Local(model.localExperts(crew));
    }

    @Override
    public ExpertRunner runner() {
      return experts;
    }

    @Override
    public CompletionStage<Void> ready() {
      return CompletableFuture.completedFuture(null);
    }

    @Override
    public Optional<String> missing() {
      return Optional.empty();
    }

    @Override
    public Optional<Channel> channel(String nodeId) {
      return Optional.empty();
    }

    @Override
    public Optional<String> problem(String nodeId) {
      return Optional.empty();
    }

    @Override
    public boolean callable(int expert) {
      return true;
    }

    @Override
    public Optional<RemoteExperts> remote() {
      return Optional.empty();
    }

    @Override
    public long localMultiplyAdds() {
      return experts.multiplyAdds();
    }

    @Override
    public void close() {
      experts.close();
    }
  }

  /** All experts on nodes. */
  record Remote(RemoteExperts experts, EventLoops loops) implements RouterExperts {
    static Remote open(String routerId, Model model, RouterSettings settings, Grid grid) {
      ModelFacts facts = ModelFacts.of(model);
      long needed = ServingLimits.messageBytes(settings, model);
      EventLoops loops = EventLoops.inTurns("router-links");
      RemoteExperts experts =
          new RemoteExperts(
              new RemoteSpec(
                  facts.fingerprint(),
                  routerId,
                  new RemoteSpec.Arithmetic(Arithmetic.VERSION, Kernels.arithmeticOptions()),
                  facts.units(),
                  layers(model),
                  ServingLimits.keeping(settings, model),
                  limits(settings.repeats()),
                  settings.expertDeadline(),
                  Math.toIntExact(settings.maxMessageBytes()),
                  needed),
              loops,
              () -> grid.view().placement().map(Placement::epoch).orElse(0L));
      grid.onChange(experts.links()::update);
      return new Remote(experts, loops);
    }

    private static NodeHealth.Limits limits(RepeatSettings repeats) {
      return new NodeHealth.Limits(
          repeats.hedgeAfter(),
          repeats.hedgePercent(),
          repeats.retryPercent(),
          repeats.replicaWait());
    }

    private static Map<Integer, RemoteSpec.Layer> layers(Model model) {
      return Stream.concat(model.expertLayers().stream(), model.placedMixers().stream())
          .collect(
              Collectors.toMap(
                  ExpertLayer::layer,
                  layer ->
                      new RemoteSpec.Layer(
                          layer.stateBytes(),
                          layer.experts(),
                          layer.width(),
                          layer.activationBlock())));
    }

    @Override
    public ExpertRunner runner() {
      return experts;
    }

    @Override
    public CompletionStage<Void> ready() {
      return experts.links().ready();
    }

    @Override
    public Optional<String> missing() {
      return experts.links().complete()
          ? Optional.empty()
          : Optional.of("not every expert has a node that can be sent to");
    }

    @Override
    public Optional<Channel> channel(String nodeId) {
      return experts.links().channel(nodeId);
    }

    @Override
    public Optional<String> problem(String nodeId) {
      return experts.links().problem(nodeId);
    }

    @Override
    public boolean callable(int expert) {
      return experts.links().callable(expert);
    }

    @Override
    public Optional<RemoteExperts> remote() {
      return Optional.of(experts);
    }

    @Override
    public long localMultiplyAdds() {
      return 0;
    }

    @Override
    public void close() {
      experts.close();
      loops.close();
    }
  }
}
