package dev.switchboard.router.api;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.proto.v1.AddExpertReply;
import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ClusterStatus;
import dev.switchboard.proto.v1.DescribeRequest;
import dev.switchboard.proto.v1.ExpertList;
import dev.switchboard.proto.v1.ExpertNodeGrpc;
import dev.switchboard.proto.v1.ExpertPart;
import dev.switchboard.proto.v1.ListExpertsRequest;
import dev.switchboard.proto.v1.MarkNodeRequest;
import dev.switchboard.proto.v1.NodeDescription;
import dev.switchboard.proto.v1.PlacementReport;
import dev.switchboard.proto.v1.ReadExpertRequest;
import dev.switchboard.proto.v1.ReadPlacementRequest;
import dev.switchboard.proto.v1.RebalanceRequest;
import dev.switchboard.proto.v1.RemoveExpertReply;
import dev.switchboard.proto.v1.RemoveExpertRequest;
import dev.switchboard.proto.v1.SetExpertRequest;
import dev.switchboard.proto.v1.StatusRequest;
import dev.switchboard.router.files.FileGiver;
import dev.switchboard.router.files.Upload;
import io.grpc.Channel;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import java.time.Duration;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.Future;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.function.Function;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** {@code Cluster}: asks every node for its own exact counters and puts the picture together. */
public final class ClusterService extends ClusterGrpc.ClusterImplBase {
  private static final Logger LOG = LoggerFactory.getLogger(ClusterService.class);
  private static final Duration NODE_DEADLINE = Duration.ofMillis(500);

  private final StatusSource source;
  private final Function<String, Optional<Channel>> channels;
  private final Experts experts;
  private final PlacementCalls placement;
  private final FileGiver files = new FileGiver();

  /** What is done about experts. */
  public record Experts(ExpertCalls calls, ExpertIntake intake, ExpertRemoval removal) {}

  /**
   * @param channels to a node by its id, if it can be called
   */
  public ClusterService(
      StatusSource source,
      Function<String, Optional<Channel>> channels,
      Experts experts,
      PlacementCalls placement) {
    this.source = source;
    this.channels = channels;
    this.experts = experts;
    this.placement = placement;
  }

  @Override
  public void status(StatusRequest request, StreamObserver<ClusterStatus> observer) {
    try {
      ClusterView view = source.grid().view();
      observer.onNext(new StatusReport(source, view, describe(view)).build());
      observer.onCompleted();
    } catch (RuntimeException e) {
      LOG.error("status failed", e);
      observer.onError(Status.INTERNAL.withDescription("status failed: " + e).asRuntimeException());
    }
  }

  @Override
  public void setExpert(SetExpertRequest request, StreamObserver<ExpertList> observer) {
    answer(observer, () -> experts.calls().set(request.getExpert(), request.getDisabled()));
  }

  @Override
  public void listExperts(ListExpertsRequest request, StreamObserver<ExpertList> observer) {
    answer(observer, experts.calls()::list);
  }

  @Override
  public StreamObserver<ExpertPart> addExpert(StreamObserver<AddExpertReply> observer) {
    ExpertIntake intake = experts.intake();
    return new Upload<>(
        new Upload.Steps<>(
            intake::begin, intake::finish, problem -> Refusals.tell(observer, problem)),
        observer);
  }

  @Override
  public void readExpert(ReadExpertRequest request, StreamObserver<ExpertPart> observer) {
    try {
      files.give(experts.intake().files(request.getFingerprint()), observer);
    } catch (RuntimeException e) {
      Refusals.tell(observer, e);
    }
  }

  @Override
  public void removeExpert(
      RemoveExpertRequest request, StreamObserver<RemoveExpertReply> observer) {
    answer(observer, () -> experts.removal().remove(request));
  }

  @Override
  public void markNode(MarkNodeRequest request, StreamObserver<PlacementReport> observer) {
    answer(observer, () -> placement.mark(request));
  }

  @Override
  public void rebalance(RebalanceRequest request, StreamObserver<PlacementReport> observer) {
    answer(observer, placement::rebalance);
  }

  @Override
  public void readPlacement(
      ReadPlacementRequest request, StreamObserver<PlacementReport> observer) {
    answer(observer, placement::read);
  }

  private static <T> void answer(StreamObserver<T> observer, Supplier<T> work) {
    try {
      T answer = work.get();
      observer.onNext(answer);
      observer.onCompleted();
    } catch (RuntimeException e) {
      Refusals.tell(observer, e);
    }
  }

  /** Descriptions of the nodes that answer in time, by id; all are asked at once. */
  private Map<String, NodeDescription> describe(ClusterView view) {
    Map<String, Future<NodeDescription>> asked = new HashMap<>();
    for (NodeInfo node : view.nodes()) {
      channels
          .apply(node.id())
          .ifPresent(channel ->
              asked.put(
                  node.id(),
                  ExpertNodeGrpc.newFutureStub(channel)
                      .withDeadlineAfter(NODE_DEADLINE.toNanos(), TimeUnit.NANOSECONDS)
                      .describe(DescribeRequest.getDefaultInstance())));
    }
    Map<String, NodeDescription> answered = new HashMap<>();
    asked.forEach((id, answer) -> answer(id, answer).ifPresent(found -> answered.put(id, found)));
    return answered;
  }

  private static Optional<NodeDescription> answer(String id, Future<NodeDescription> answer) {
    try {
      // The call's own deadline ends it; this bound is for a call that cannot even fail.
      return Optional.of(answer.get(2 * NODE_DEADLINE.toNanos(), TimeUnit.NANOSECONDS));
    } catch (ExecutionException | TimeoutException e) {
      LOG.debug("node {} did not describe itself: {}", id, e.toString());
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
    return Optional.empty();
  }
}
