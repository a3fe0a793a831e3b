package dev.switchboard.cluster;

import java.util.ArrayList;
import java.util.List;
import java.util.Objects;

/**
 * Which node holds which experts, by the units of {@link ExpertUnits}.
 *
 * @param epoch grows by at least one with every change
 * @param model fingerprint of the model
 * @param units units of its experts; 0 for a model without experts
 * @param added how many of the units, the last ones, are of experts that the model's files do not
 *     have
 * @param copies replicas that were asked for
 * @param nodes ids of the nodes that were there when it was made, ascending, with or without
 *     experts
 * @param holders for each unit the ids of the nodes that hold it, ascending; an empty list is a
 *     unit that is gone
 * @param decision why it is as it is
 */
public record Placement(
    long epoch,
    String model,
    int units,
    int added,
    int copies,
    List<String> nodes,
    List<List<String>> holders,
    Decision decision) {
  /** One that says nothing about itself. */
  // size: as the canonical one
  public Placement(
      long epoch,
      String model,
      int units,
      int added,
      int copies,
      List<String> nodes,
      List<List<String>> holders) {
    this(epoch, model, units, added, copies, nodes, holders, Decision.NONE);
  }

  /** Of the model's own experts alone. */
  // size: as the canonical one
  public Placement(
      long epoch,
      String model,
      int units,
      int copies,
      List<String> nodes,
      List<List<String>> holders) {
    this(epoch, model, units, 0, copies, nodes, holders);
  }

  public Placement {
    Objects.requireNonNull(model, "model");
    nodes = List.copyOf(nodes);
    holders = holders.stream().map(List::copyOf).toList();
    if (epoch < 1 || units < 0 || copies < 1) {
      throw new IllegalArgumentException(
          "placement: epoch %d, units %d, copies %d".formatted(epoch, units, copies));
    }
    if (added < 0 || added > units) {
      throw new IllegalArgumentException(
          "placement of %d units, %d of them added".formatted(units, added));
    }
    if (holders.size() != units) {
      throw new IllegalArgumentException(
          "placement of %d units names holders of %d".formatted(units, holders.size()));
    }
  }

  /** The same with the reason for it. */
  public Placement because(Decision why) {
    return new Placement(epoch, model, units, added, copies, nodes, holders, why);
  }

  /** The first unit of an expert that was added; {@link #units} if there is none. */
  public int firstAdded() {
    return units - added;
  }

  /** Ids of the nodes that hold a unit; empty if it is gone or there is no such unit. */
  public List<String> replicas(int unit) {
    return unit >= 0 && unit < units ? holders.get(unit) : List.of();
  }

  /** Units that a node is to hold, ascending. */
  public List<Integer> unitsOf(String nodeId) {
    List<Integer> held = new ArrayList<>();
    for (int unit = 0; unit < units; unit++) {
      if (holders.get(unit).contains(nodeId)) {
        held.add(unit);
      }
    }
    return List.copyOf(held);
  }

  /** Units that no node holds, ascending. */
  public List<Integer> gone() {
    List<Integer> gone = new ArrayList<>();
    for (int unit = 0; unit < units; unit++) {
      if (holders.get(unit).isEmpty()) {
        gone.add(unit);
      }
    }
    return List.copyOf(gone);
  }

  /** Whether every unit has a holder. */
  public boolean complete() {
    return gone().isEmpty();
  }
}
