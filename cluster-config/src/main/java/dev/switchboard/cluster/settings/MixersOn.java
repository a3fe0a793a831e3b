package dev.switchboard.cluster.settings;

import java.util.Arrays;
import java.util.Locale;

/** Where recurrent mixers of a model are computed. */
public enum MixersOn {
  /** In the router's trunk. */
  LOCAL,
  /** On nodes, as experts that every token chooses. */
  NODES;

  static MixersOn of(String text) {
    return Arrays.stream(values())
        .filter(value -> value.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(() ->
            new SettingsException(
                "router.mixers: \"%s\" is not possible; expected local or nodes".formatted(text)));
  }
}
