package dev.switchboard.node.runtime;

import dev.switchboard.cluster.ExpertUnits;
import java.util.List;
import java.util.Map;

/**
 * What a node must know of its model to check a batch.
 *
 * @param fingerprint names model and version
 * @param units its experts, as they are placed
 * @param widths width of a row, by layer: of what the layer's experts take and give
 */
public record ServedModel(String fingerprint, ExpertUnits units, Map<Integer, Integer> widths) {
  public ServedModel {
    widths = Map.copyOf(widths);
    for (ExpertUnits.Layer layer : units.layers()) {
      if (!widths.containsKey(layer.layer())) {
        throw new IllegalArgumentException("layer " + layer.layer() + " has no width");
      }
    }
  }

  /** Indices of the layers that have experts, ascending. */
  List<Integer> layers() {
    return units.layers().stream().map(ExpertUnits.Layer::layer).toList();
  }

  /** Width of the rows of a layer; 0 if it has no experts. */
  int width(int layer) {
    return widths.getOrDefault(layer, 0);
  }
}
