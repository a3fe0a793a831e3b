package dev.switchboard.router.session;

/** A turn of a session cannot begin; the message is for the user. */
public final class SessionException extends RuntimeException {
  private static final long serialVersionUID = 1;

  private final Problem problem;

  /** What the user can make of it. */
  public enum Problem {
    /** This router keeps no sessions. */
    OFF,
    /** The session belongs to another key. */
    DENIED,
    /** There is no such session, or it has expired. */
    UNKNOWN,
    /** The session is elsewhere than the caller believes, or of another model. */
    OUT_OF_TURN,
    /** There is a session of that name already. */
    TAKEN
  }

  SessionException(Problem problem, String message) {
    super(message);
    this.problem = problem;
  }

  public Problem problem() {
    return problem;
  }
}
