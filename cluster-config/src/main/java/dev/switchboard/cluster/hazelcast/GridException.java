package dev.switchboard.cluster.hazelcast;

/**
 * The grid cannot start; the message is for the user and names the address and what is wrong with
 * it.
 */
public final class GridException extends RuntimeException {
  private static final long serialVersionUID = 1;

  GridException(String message, Throwable cause) {
    super(message, cause);
  }
}
