package dev.switchboard.node.api;

import dev.switchboard.cluster.NodeMemory;
import dev.switchboard.node.runtime.ExpertCounters;
import dev.switchboard.node.runtime.Leases;
import dev.switchboard.node.runtime.NodeCounters;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertNodeMethods;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.v1.DescribeRequest;
import dev.switchboard.proto.v1.ExpertCounter;
import dev.switchboard.proto.v1.ExpertNodeGrpc;
import dev.switchboard.proto.v1.ForkReply;
import dev.switchboard.proto.v1.ForkRequest;
import dev.switchboard.proto.v1.NodeDescription;
import dev.switchboard.proto.v1.ReleaseReply;
import dev.switchboard.proto.v1.ReleaseRequest;
import dev.switchboard.proto.v1.RestoreReply;
import dev.switchboard.proto.v1.RestoreRequest;
import dev.switchboard.proto.v1.SnapshotReply;
import dev.switchboard.proto.v1.SnapshotRequest;
import io.grpc.ServerServiceDefinition;
import io.grpc.Status;
import io.grpc.stub.ServerCallStreamObserver;
import io.grpc.stub.StreamObserver;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.concurrent.TimeUnit;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The {@code ExpertNode} service. Its handlers never block: work goes to the computing thread or is
 * refused.
 */
public final class ExpertNodeService implements ExpertNodeGrpc.AsyncService {
  private static final Logger LOG = LoggerFactory.getLogger(ExpertNodeService.class);

  private static final int RELEASE_TRIES = 10;
  private static final long RELEASE_AGAIN_MILLIS = 500;

  private final NodeContext node;
  private final Supplier<NodeMemory> memory;
  private final StateCalls states;
  private final Set<ProcessStream> streams = ConcurrentHashMap.newKeySet();

  /**
   * @param memory what the weights take now
   */
  public ExpertNodeService(NodeContext node, Supplier<NodeMemory> memory) {
    this.node = node;
    this.memory = memory;
    this.states = new StateCalls(node);
  }

  /** What to register at a server. */
  public ServerServiceDefinition definition() {
    return ExpertNodeMethods.bind(this, this::processFrames);
  }

  /** Routers' streams that are open. */
  public int openStreams() {
    return streams.size();
  }

  /** Ends all streams: the routers send what was not answered elsewhere. */
  public void endStreams(Status status) {
    streams.forEach(stream -> stream.fail(status));
  }

  private StreamObserver<ExpertBatchFrame> processFrames(StreamObserver<ExpertResultFrame> out) {
    ProcessStream stream =
        ProcessStream.open(node, (ServerCallStreamObserver<ExpertResultFrame>) out, this::ended);
    streams.add(stream);
    return stream;
  }

  /** Its router's states go when it does not come back in time. */
  private void ended(ProcessStream stream) {
    if (streams.remove(stream) && !stream.router().isEmpty()) {
      Leases leases = node.leases();
      leases.closed(stream.router(), node.nanoTime().getAsLong());
      later(
          leases.afterwards().toMillis() + 1,
          () -> releaseStates(leases.expired(node.nanoTime().getAsLong()), RELEASE_TRIES));
    }
  }

  private void releaseStates(List<String> routers, int tries) {
    if (routers.isEmpty() || node.loop().offer(() -> node.states().releaseOf(routers))) {
      return;
    }
    if (tries > 0) {
      later(RELEASE_AGAIN_MILLIS, () -> releaseStates(routers, tries - 1));
    } else {
      LOG.info("the states of {} go when memory is short: the node is busy, or stops", routers);
    }
  }

  private static void later(long millis, Runnable task) {
    CompletableFuture.delayedExecutor(millis, TimeUnit.MILLISECONDS).execute(task);
  }

  @Override
  public void describe(DescribeRequest request, StreamObserver<NodeDescription> answer) {
    NodeMemory now = memory.get();
    NodeDescription.Builder description =
        NodeDescription.newBuilder()
            .setNodeId(node.nodeId())
            .setPid(ProcessHandle.current().pid())
            .setModelFingerprint(node.hello().getModelFingerprint())
            .setPlacementEpoch(node.held().get().epoch())
            .setQueuedBatches(node.loop().backlog())
            .setOutstandingTokens(node.loop().outstandingTokens())
            .setRefusedBatches(node.counters().refusedBatches())
            .setBusyNanos(node.counters().busyNanos())
            .setBatches(node.counters().batches())
            .setResidentBytes(now.resident())
            .setPackedBytes(now.packed())
            .setReadBytes(now.read())
            .setToReadBytes(now.toRead())
            .setExpertsAwake(now.awake())
            .setExpertsAsleep(now.asleep())
            .setAsleepBytes(now.asleepBytes())
            .setWakes(now.wakes());
    for (Map.Entry<NodeCounters.Place, ExpertCounters> expert :
        node.counters().experts().entrySet()) {
      description.addExperts(
          ExpertCounter.newBuilder()
              .setLayer(expert.getKey().layer())
              .setExpert(expert.getKey().expert())
              .setRows(expert.getValue().rows())
              .setMultiplyAddsPerRow(expert.getValue().multiplyAddsPerRow())
              .setServiceNanos(expert.getValue().serviceNanos()));
    }
    answer.onNext(description.build());
    answer.onCompleted();
  }

  @Override
  public void snapshot(SnapshotRequest request, StreamObserver<SnapshotReply> answer) {
    call(request, states::snapshot, answer);
  }

  @Override
  public void restore(RestoreRequest request, StreamObserver<RestoreReply> answer) {
    call(request, states::restore, answer);
  }

  @Override
  public void fork(ForkRequest request, StreamObserver<ForkReply> answer) {
    call(request, states::fork, answer);
  }

  @Override
  public void release(ReleaseRequest request, StreamObserver<ReleaseReply> answer) {
    call(request, states::release, answer);
  }

  /** Runs a call on the computing thread, in turn with the batches. */
  private <Q, A> void call(Q request, Function<Q, A> body, StreamObserver<A> answer) {
    ServerCallStreamObserver<A> out = (ServerCallStreamObserver<A>) answer;
    // With a handler of its own, a call that was cancelled swallows its answer instead of throwing.
    out.setOnCancelHandler(() -> {});
    boolean admitted =
        node.loop()
            .offer(() -> {
              if (!out.isCancelled()) {
                reply(request, body, out);
              }
            });
    if (!admitted) {
      node.counters().refused();
      answer.onError(
          Status.RESOURCE_EXHAUSTED
              .withDescription("the queue of node " + node.nodeId() + " is full")
              .asRuntimeException());
    }
  }

  private static <Q, A> void reply(Q request, Function<Q, A> body, StreamObserver<A> answer) {
    A reply;
    try {
      reply = body.apply(request);
    } catch (RuntimeException e) {
      answer.onError(StateCalls.status(e));
      return;
    }
    answer.onNext(reply);
    answer.onCompleted();
  }
}
