package dev.switchboard.cluster;

import java.util.List;
import java.util.Objects;

/**
 * What each expert of a node has done since the node started, and when it did last.
 *
 * @param nodeId id of the node
 * @param experts by layer and index
 */
public record ExpertUses(String nodeId, List<Use> experts) {
  /**
   * One expert of one layer.
   *
   * @param rows rows computed
   * @param serviceNanos time that they took
   * @param lastUseMillis when it computed last, by the node's wall clock; 0: never
   */
  public record Use(int layer, int expert, long rows, long serviceNanos, long lastUseMillis) {}

  public ExpertUses {
    Objects.requireNonNull(nodeId, "nodeId");
    experts = List.copyOf(experts);
  }
}
