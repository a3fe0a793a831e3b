package dev.switchboard.router.api;

import dev.switchboard.cluster.gates.GateRolloutException;
import dev.switchboard.cluster.state.StateException;
import dev.switchboard.model.checkpoint.CheckpointException;
import io.grpc.Status;
import io.grpc.stub.StreamObserver;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** What callers of {@code Cluster} are told of what went wrong. */
final class Refusals {
  private static final Logger LOG = LoggerFactory.getLogger(Refusals.class);

  private Refusals() {}

  static void tell(StreamObserver<?> observer, Exception problem) {
    observer.onError(status(problem).asRuntimeException());
  }

  private static Status status(Exception problem) {
    return switch (problem) {
      case AccessException refused -> refused.status();
      case InvalidRequestException invalid ->
          Status.INVALID_ARGUMENT.withDescription(invalid.getMessage());
      case CheckpointException unsound ->
          Status.INVALID_ARGUMENT.withDescription(unsound.getMessage());
      case GateRolloutException refused ->
          Status.FAILED_PRECONDITION.withDescription(refused.getMessage());
      case StateException grid -> Status.UNAVAILABLE.withDescription(grid.getMessage());
      default -> {
        LOG.error("a call failed", problem);
        yield Status.INTERNAL.withDescription("the call failed: " + problem);
      }
    };
  }
}
