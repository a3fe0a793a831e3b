package dev.switchboard.cluster.settings;

import java.util.Arrays;
import java.util.Locale;

/** What becomes of a request whose expert nobody has any more. */
public enum LostExpert {
  /** It ends, naming the expert. */
  FAIL,
  /** It goes on without, and says of each token that it did. */
  DEGRADE;

  static LostExpert of(String text) {
    return Arrays.stream(values())
        .filter(value -> value.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(() ->
            new SettingsException(
                "router.onLostExpert: \"%s\" is not possible; expected fail or degrade"
                    .formatted(text)));
  }
}
