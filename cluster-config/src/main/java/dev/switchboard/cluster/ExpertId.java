package dev.switchboard.cluster;

import java.util.Objects;

/**
 * One expert of one layer of one model.
 *
 * @param model fingerprint of the model
 * @param layer index of the layer in the model
 * @param index index of the expert in its layer
 */
public record ExpertId(String model, int layer, int index) {
  public ExpertId {
    Objects.requireNonNull(model, "model");
    if (layer < 0 || index < 0) {
      throw new IllegalArgumentException("layer " + layer + ", expert " + index + ": negative");
    }
  }

  @Override
  public String toString() {
    return "layer " + layer + " expert " + index;
  }
}
