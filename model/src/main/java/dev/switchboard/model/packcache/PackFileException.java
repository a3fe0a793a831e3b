package dev.switchboard.model.packcache;

/** A file that is not what it should be; the message says how. */
final class PackFileException extends Exception {
  private static final long serialVersionUID = 1;

  PackFileException(String message) {
    super(message);
  }
}
