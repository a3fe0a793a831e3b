package dev.switchboard.model.architecture;

import java.util.List;
import java.util.Optional;
import java.util.function.IntPredicate;

/** Which layers see a window of keys only. */
final class LayerTypes {
  static final String SLIDING = "sliding_attention";
  static final String FULL = "full_attention";

  private final ConfigReader config;
  private final Optional<List<String>> types;
  private final IntPredicate otherwise;
  private final Optional<Integer> window;

  /**
   * @param otherwise which layers slide where {@code layer_types} is absent
   * @param window empty: none can slide
   */
  LayerTypes(FamilyReader family, Optional<Integer> window, IntPredicate otherwise) {
    this.config = family.config();
    this.window = window;
    this.otherwise = otherwise;
    this.types =
        config.has("layer_types") ? Optional.of(config.texts("layer_types")) : Optional.empty();
    types.ifPresent(given -> check(given, family.layerCount()));
  }

  private void check(List<String> given, int layers) {
    if (given.size() < layers) {
      throw config.error(
          "layer_types", given.size() + " types", "one for each of " + layers + " layers");
    }
    for (String type : given) {
      if (!type.equals(SLIDING) && !type.equals(FULL)) {
        throw config.error("layer_types", '"' + type + '"', SLIDING + " or " + FULL);
      }
    }
  }

  boolean slides(int layer) {
    return types.map(given -> given.get(layer).equals(SLIDING)).orElse(otherwise.test(layer));
  }

  /** The window of a layer, if it has one. */
  Optional<Integer> window(int layer) {
    if (!slides(layer)) {
      return Optional.empty();
    }
    if (window.isEmpty()) {
      throw config.error(
          "sliding_window", "absent or not used", "a width, for layer " + layer + " slides");
    }
    return window;
  }
}
