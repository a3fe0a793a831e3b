package dev.switchboard.model.architecture;

import java.util.List;

/** Kinds of a hybrid's layers, by their older and their newer names. */
final class MixerTypes {
  private MixerTypes() {}

  /** The list under the first of the keys that is there; empty if none is. */
  static List<String> read(ConfigReader config, String... keys) {
    String key = config.spelling(keys);
    return config.has(key) ? config.texts(key) : List.of();
  }

  /** Attention, or else a recurrent mixer. */
  static boolean isAttention(ConfigReader config, String type) {
    return switch (type) {
      case "attention", "full_attention" -> true;
      case "mamba", "linear_attention" -> false;
      default ->
          throw config.error(
              "layer_types",
              '"' + type + '"',
              "mamba, linear_attention, attention or full_attention");
    };
  }
}
