package dev.switchboard.router.api;

/**
 * A request that cannot be answered as it stands; the message names the field, what it was and what
 * it may be.
 */
final class InvalidRequestException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  InvalidRequestException(String message) {
    super(message);
  }
}
