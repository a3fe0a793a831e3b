package dev.switchboard.router.dispatch;

import dev.switchboard.model.moe.ExpertRunner;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.model.snapshot.ExpertSnapshot;
import dev.switchboard.proto.codec.EventLoops;
import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.codec.NetworkTurn;
import dev.switchboard.proto.v1.ExpertNodeGrpc;
import dev.switchboard.proto.v1.ReleaseReply;
import dev.switchboard.proto.v1.ReleaseRequest;
import dev.switchboard.router.health.NodeHealth;
import io.grpc.stub.StreamObserver;
import java.util.ArrayDeque;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Runs experts where they live. One thread calls {@link #run} and {@link #release}; each layer of a
 * step is a {@link LayerCall}.
 */
public final class RemoteExperts implements ExpertRunner, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(RemoteExperts.class);
  private static final long RELEASE_MILLIS = 1000;
  private static final int PROCESSORS = Runtime.getRuntime().availableProcessors();

  private final RemoteSpec spec;
  private final NodeLinks links;
  private final SequenceHomes homes;
  private final RemoteStates states;
  private final NodeHealth health;
  private final Traffic traffic;
  private final LayerCall.Means means;

  /**
   * @param loops carries the streams; owned by the caller
   * @param epoch of the placement in force
   */
  public RemoteExperts(RemoteSpec spec, EventLoops loops, LongSupplier epoch) {
    this(
        spec, new GrpcWiring(spec.maxMessageBytes(), loops), loops.turn(), System::nanoTime, epoch);
  }

  /**
   * @param turn how to drive the network; empty where it has threads of its own
   * @param nanoTime the clock
   */
  RemoteExperts(
      RemoteSpec spec,
      LinkWiring wiring,
      Optional<NetworkTurn> turn,
      LongSupplier nanoTime,
      LongSupplier epoch) {
    this.spec = spec;
    this.health = new NodeHealth(spec.limits());
    this.homes = new SequenceHomes(spec.keeping().homes());
    this.states = new RemoteStates(spec, homes, call -> begin(call, true), this::experts);
    var hello =
        Handshake.hello(spec.arithmetic().version(), spec.model(), spec.arithmetic().options())
            .setSenderId(spec.routerId())
            .setMaxMessageBytes(spec.maxMessageBytes())
            .build();
    this.links =
        new NodeLinks(
            spec.model(),
            spec.units(),
            LinkSettings.of(hello, spec.neededMessageBytes(), answersLater()),
            wiring);
    this.traffic =
        new Traffic(
            links,
            new ReplyWait(links.inbox(), wiring.lanes(), turn),
            health,
            new Absences(spec.limits().replicaWait().toNanos()),
            nanoTime);
    this.means = new LayerCall.Means(spec, epoch, homes, new ArrayDeque<>(), traffic);
  }

  /** Experts of a layer now, those that were added among them. */
  private int experts(int layer) {
    return links.table().units().experts(layer);
  }

  /** The nodes that are sent to; give it every new view. */
  public NodeLinks links() {
    return links;
  }

  /** How well nodes answer, and what was done about it. */
  public NodeHealth.Counts health() {
    return health.counts();
  }

  /** How long batches took, by the way they went. */
  public HopTimes hops() {
    return traffic.hops();
  }

  @Override
  public MoeOutcome run(MoeCall call) {
    return start(call).await();
  }

  /** Sends a layer's batches to all nodes; several calls may be under way. */
  @Override
  public Pending start(MoeCall call) {
    return begin(call, false);
  }

  /** What comes of messages, for whoever waits for all calls at once. */
  Traffic traffic() {
    return traffic;
  }

  /** A call under way; {@code reads}: states are read out and not moved. */
  LayerCall begin(MoeCall call, boolean reads) {
    LayerCall begun = new LayerCall(call, means, reads);
    traffic.sendInTurn(begun::sendFirst);
    return begun;
  }

  /** States are moved in order, which two halves of a step would not keep. */
  @Override
  public boolean answersLater() {
    return spec.layers().values().stream().noneMatch(RemoteSpec.Layer::stateful);
  }

  /**
   * Two crews on the same processors would only push each other out of the caches; measured in
   * docs/performance.md.
   */
  @Override
  public boolean overlaps(int trunkThreads) {
    return answersLater() && trunkThreads + links.threadsHere() <= PROCESSORS;
  }

  @Override
  public List<ExpertSnapshot> snapshot(long sequenceId) {
    return states.snapshot(sequenceId);
  }

  @Override
  public void restore(long sequenceId, List<ExpertSnapshot> snapshots) {
    states.restore(sequenceId, snapshots);
  }

  @Override
  public void fork(long sequenceId, long newId) {
    states.fork(sequenceId, newId);
  }

  @Override
  public void release(long sequenceId) {
    for (int number : homes.forget(sequenceId)) {
      NodeLink link = links.table().link(number);
      if (link != null) {
        ExpertNodeGrpc.newStub(link.channel())
            .withDeadlineAfter(RELEASE_MILLIS, TimeUnit.MILLISECONDS)
            .release(
                ReleaseRequest.newBuilder()
                    .setModelFingerprint(spec.model())
                    .addSequenceIds(sequenceId)
                    .build(),
                new ReleaseLog(link.nodeId(), sequenceId));
      }
    }
  }

  /** Sequences whose states are on nodes. */
  int sequences() {
    return homes.sequences();
  }

  @Override
  public void close() {
    links.close();
  }

  /** A state that is not released is dropped by its node in time; nobody waits for this. */
  private record ReleaseLog(String node, long sequence) implements StreamObserver<ReleaseReply> {
    @Override
    public void onNext(ReleaseReply reply) {}

    @Override
    public void onError(@Nullable Throwable problem) {
      LOG.debug("node {} did not release sequence {}: {}", node, sequence, String.valueOf(problem));
    }

    @Override
    public void onCompleted() {}
  }
}
