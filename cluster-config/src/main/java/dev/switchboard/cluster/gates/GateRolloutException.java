package dev.switchboard.cluster.gates;

/** A change of the gates that cannot follow what is; the message says why. */
public final class GateRolloutException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public GateRolloutException(String message) {
    super(message);
  }
}
