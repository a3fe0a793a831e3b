package dev.switchboard.cluster;

import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;

/**
 * Which node holds which experts. An expert index is placed whole: a node that holds it holds it in
 * every layer, so that the form stays small and a domain's expert lives in one place.
 *
 * @param epoch grows by at least one with every change
 * @param model fingerprint of the model
 * @param layers layers with experts
 * @param experts experts in each of them
 * @param copies replicas that were asked for
 * @param nodes ids of the nodes that were there when it was made, ascending, with or without
 *     experts
 * @param holders for each expert index the ids of the nodes that hold it, ascending; an empty list
 *     is an expert that is gone
 */
public record Placement(
    long epoch,
    String model,
    int layers,
    int experts,
    int copies,
    List<String> nodes,
    List<List<String>> holders) {
  public Placement {
    Objects.requireNonNull(model, "model");
    nodes = List.copyOf(nodes);
    holders = holders.stream().map(List::copyOf).toList();
    if (epoch < 1 || layers < 0 || experts < 0 || copies < 1) {
      throw new IllegalArgumentException(
          "placement: epoch %d, layers %d, experts %d, copies %d"
              .formatted(epoch, layers, experts, copies));
    }
    if (holders.size() != experts) {
      throw new IllegalArgumentException(
          "placement of %d experts names holders of %d".formatted(experts, holders.size()));
    }
  }

  /**
   * Ids of the nodes that hold an expert (in every layer); empty if it is gone or there is no such
   * expert.
   */
  public List<String> replicas(int expert) {
    return expert >= 0 && expert < experts ? holders.get(expert) : List.of();
  }

  /** Ids of the nodes that hold an expert; empty if it is gone, unknown, or of another model. */
  public List<String> replicas(ExpertId expert) {
    return expert.model().equals(model) && expert.layer() < layers
        ? replicas(expert.index())
        : List.of();
  }

  /** The long form, by layer and index. */
  public Map<ExpertId, List<String>> replicas() {
    Map<ExpertId, List<String>> all = new LinkedHashMap<>();
    for (int layer = 0; layer < layers; layer++) {
      for (int expert = 0; expert < experts; expert++) {
        all.put(new ExpertId(model, layer, expert), holders.get(expert));
      }
    }
    return all;
  }

  /** Indices of the experts that a node is to hold, ascending. */
  public List<Integer> expertsOf(String nodeId) {
    List<Integer> held = new ArrayList<>();
    for (int expert = 0; expert < experts; expert++) {
      if (holders.get(expert).contains(nodeId)) {
        held.add(expert);
      }
    }
    return List.copyOf(held);
  }

  /** Indices of the experts that no node holds, ascending. */
  public List<Integer> gone() {
    List<Integer> gone = new ArrayList<>();
    for (int expert = 0; expert < experts; expert++) {
      if (holders.get(expert).isEmpty()) {
        gone.add(expert);
      }
    }
    return List.copyOf(gone);
  }

  /** Whether every expert has a holder. */
  public boolean complete() {
    return gone().isEmpty();
  }
}
