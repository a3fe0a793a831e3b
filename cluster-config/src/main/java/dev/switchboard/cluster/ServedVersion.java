package dev.switchboard.cluster;

import java.util.Objects;

/**
 * What must be the same wherever the parts of one request are computed: the model's weights and the
 * arithmetic. Processes of several versions may be in one grid; each has a placement of its own.
 *
 * @param model fingerprint of the model
 * @param arithmetic its version, and options that change bits; empty if it was not said
 */
public record ServedVersion(String model, String arithmetic) {
  /** Of a process that has not said it. */
  public static final ServedVersion UNSAID = new ServedVersion("", "");

  private static final int SHORT = 12;

  public ServedVersion {
    Objects.requireNonNull(model, "model");
    Objects.requireNonNull(arithmetic, "arithmetic");
  }

  /** For people. */
  @Override
  public String toString() {
    String name = model.substring(0, Math.min(SHORT, model.length()));
    return "model " + name + (arithmetic.isEmpty() ? "" : ", arithmetic " + arithmetic);
  }
}
