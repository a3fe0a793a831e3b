package dev.switchboard.router.api;

import dev.switchboard.cluster.state.StateException;
import dev.switchboard.router.engine.Ending;
import dev.switchboard.router.session.SessionException;
import io.grpc.Status;

/** Endings as gRPC statuses: a message for people, never a stack trace. */
final class Statuses {
  private Statuses() {}

  static Status of(Ending ending) {
    Status status =
        switch (ending.kind()) {
          case REJECTED, STALLED -> Status.RESOURCE_EXHAUSTED;
          case CANCELLED -> Status.CANCELLED;
          case DEADLINE -> Status.DEADLINE_EXCEEDED;
          case UNAVAILABLE, STOPPING -> Status.UNAVAILABLE;
          case OVERTAKEN -> Status.ABORTED;
          case INVALID -> Status.INVALID_ARGUMENT;
          case FAILED -> Status.INTERNAL;
        };
    return status.withDescription(ending.message());
  }

  /** Why a turn of a session cannot begin. */
  static Status of(SessionException error) {
    Status status =
        switch (error.problem()) {
          case OFF, OUT_OF_TURN -> Status.FAILED_PRECONDITION;
          case DENIED -> Status.PERMISSION_DENIED;
          case UNKNOWN -> Status.NOT_FOUND;
          case TAKEN -> Status.ALREADY_EXISTS;
        };
    return status.withDescription(error.getMessage());
  }

  /** Why the grid cannot help. */
  static Status of(StateException error) {
    Status status =
        switch (error.kind()) {
          case UNAVAILABLE -> Status.UNAVAILABLE;
          case TOO_LARGE -> Status.RESOURCE_EXHAUSTED;
          case DAMAGED -> Status.DATA_LOSS;
          case MISSING -> Status.NOT_FOUND;
          case OVERTAKEN -> Status.ABORTED;
        };
    return status.withDescription(error.getMessage());
  }
}
