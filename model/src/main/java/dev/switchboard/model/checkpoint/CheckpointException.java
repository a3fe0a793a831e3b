package dev.switchboard.model.checkpoint;

import java.nio.file.Path;

/**
 * A model file that cannot be used. The message is for users: what was given, what was expected, in
 * which file.
 */
public final class CheckpointException extends RuntimeException {
  private static final long serialVersionUID = 1L;
  private static final int MOST_CHARACTERS = 4000;

  public CheckpointException(String message) {
    super(printable(message));
  }

  /** "file: message", the message formatted as by {@link String#format}. */
  public static CheckpointException in(Path file, String format, Object... arguments) {
    return new CheckpointException(file + ": " + format.formatted(arguments));
  }

  public CheckpointException(String message, Throwable cause) {
    super(printable(message), cause);
  }

  /** Names come from files: no control characters for a terminal, and no megabytes. */
  private static String printable(String message) {
    StringBuilder text = new StringBuilder();
    for (int i = 0; i < Math.min(message.length(), MOST_CHARACTERS); i++) {
      char c = message.charAt(i);
      boolean harmless = !Character.isISOControl(c) || c == '\n';
      text.append(harmless ? String.valueOf(c) : "\\u%04x".formatted((int) c));
    }
    return message.length() > MOST_CHARACTERS ? text.append('…').toString() : text.toString();
  }
}
