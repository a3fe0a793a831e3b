package dev.switchboard.router.api;

import dev.switchboard.router.engine.Ending;
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
          case INVALID -> Status.INVALID_ARGUMENT;
          case FAILED -> Status.INTERNAL;
        };
    return status.withDescription(ending.message());
  }
}
