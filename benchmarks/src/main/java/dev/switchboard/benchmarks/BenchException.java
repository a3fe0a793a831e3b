package dev.switchboard.benchmarks;

/** A measurement that cannot be made; the message is for the user. */
final class BenchException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  BenchException(String message) {
    super(message);
  }
}
