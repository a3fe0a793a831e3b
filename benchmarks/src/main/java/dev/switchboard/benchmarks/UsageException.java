package dev.switchboard.benchmarks;

/** An option with an impossible value. */
final class UsageException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  UsageException(String message) {
    super(message);
  }
}
