package dev.switchboard.router.engine;

/** How a request ended without an answer; {@code message} is for the user. */
public record Ending(Kind kind, String message) {
  /** What the user can make of it; the API maps each to one status. */
  public enum Kind {
    /** The queue is full; nothing was begun. */
    REJECTED,
    CANCELLED,
    DEADLINE,
    /** The reader took nothing for too long. */
    STALLED,
    /** Experts are gone and no replica is left. */
    UNAVAILABLE,
    STOPPING,
    /** Another request goes on with its session. */
    OVERTAKEN,
    INVALID,
    FAILED
  }

  static final Ending CANCELLED = new Ending(Kind.CANCELLED, "the request was cancelled");
  static final Ending STOPPING = new Ending(Kind.STOPPING, "router is stopping");
}
