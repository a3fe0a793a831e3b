package dev.switchboard.model.checkpoint;

/**
 * A model file that cannot be used. The message is for users: what was given, what was expected, in
 * which file.
 */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CheckpointException(String message) {
    super(message);
  }

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
