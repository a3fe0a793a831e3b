package dev.switchboard.node.runtime;

import java.util.List;

/**
 * What a node must know of its model to check a batch.
 *
 * @param fingerprint names model and version
 * @param dModel width of a row
 * @param layers indices of the layers with experts, ascending
 * @param experts experts in each of them
 */
public record ServedModel(String fingerprint, int dModel, List<Integer> layers, int experts) {
  public ServedModel {
    layers = List.copyOf(layers);
  }
}
