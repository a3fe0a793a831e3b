package dev.switchboard.model.snapshot;

import dev.switchboard.model.snapshot.SnapshotException.Problem;
import java.util.List;

/**
 * What a state is a state of. Two processes can go on from each other's states if these are equal.
 *
 * @param model fingerprint of the model, hex
 * @param gate content of the gate that is laid over the model's own, hex; empty if none is
 * @param arithmetic its version
 * @param options of arithmetic that are not the default, {@code name=value}
 */
public record SnapshotOrigin(String model, String gate, int arithmetic, List<String> options) {
  public SnapshotOrigin {
    options = List.copyOf(options);
  }

  /**
   * Checks that a state of this origin can go on here.
   *
   * @throws SnapshotException naming both sides
   */
  public void check(SnapshotOrigin here) {
    differ("model", model, here.model);
    differ("gate", gate.isEmpty() ? "its own" : gate, here.gate.isEmpty() ? "its own" : here.gate);
    differ("arithmetic version", arithmetic, here.arithmetic);
    differ("arithmetic options", options, here.options);
  }

  private static void differ(String what, Object there, Object here) {
    if (!there.equals(here)) {
      throw new SnapshotException(
          Problem.OTHER_MODEL,
          "the state was saved with %s %s; here it is %s".formatted(what, there, here));
    }
  }
}
