package dev.switchboard.model.checkpoint;

import java.nio.file.Path;

/**
 * A model file that cannot be used. The message is for users: what was given, what was expected, in
 * which file.
 */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;

  public CheckpointException(String message) {
    super(message);
  }

  /** "file: message", the message formatted as by {@link String#format}. */
  public static CheckpointException in(Path file, String format, Object... arguments) {
    return new CheckpointException(file + ": " + format.formatted(arguments));
  }

  public CheckpointException(String message, Throwable cause) {
    super(message, cause);
  }
}
