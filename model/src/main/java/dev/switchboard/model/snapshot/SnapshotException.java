package dev.switchboard.model.snapshot;

/**
 * A state that cannot be used or had. The message is for users: what was found and what was
 * expected; who reads a file or a message puts its name before it.
 */
public final class SnapshotException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** What is wrong. */
  public enum Problem {
    /** Not a state at all, or damaged: a checksum or a length does not fit. */
    DAMAGED,
    /** It ends before it should. */
    TRUNCATED,
    /** Larger than is allowed. */
    TOO_LARGE,
    /** Written by another version of the form. */
    OTHER_FORMAT,
    /** Of another model, gate or arithmetic, or of a prompt that is read in another way. */
    OTHER_MODEL,
    /** Of other tokens than the prompt's first. */
    OTHER_TOKENS,
    /** It cannot be had: what holds a part of it does not answer, or there is no room for it. */
    UNAVAILABLE
  }

  private final Problem problem;

  public SnapshotException(Problem problem, String message) {
    super(message);
    this.problem = problem;
  }

  public SnapshotException(Problem problem, String message, Throwable cause) {
    super(message, cause);
    this.problem = problem;
  }

  public Problem problem() {
    return problem;
  }
}
