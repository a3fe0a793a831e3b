package dev.switchboard.router.api;

import io.grpc.Status;

/** A call that its caller may not make, or not now; the message is for people. */
final class AccessException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  private final transient Status status;

  AccessException(Status status, String message) {
    super(message);
    this.status = status;
  }

  Status status() {
    return status.withDescription(getMessage());
  }
}
