package dev.switchboard.node.runtime;

/** Why a call about a state cannot be answered. */
public final class StateException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  /** Kinds of refusal. */
  public enum Reason {
    NOT_FOUND,
    EXISTS,
    INVALID,
    NO_MEMORY
  }

  private final Reason reason;

  StateException(Reason reason, String message) {
    super(message);
    this.reason = reason;
  }

  public Reason reason() {
    return reason;
  }
}
