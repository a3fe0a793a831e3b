package dev.switchboard.cluster.settings;

import java.util.Arrays;
import java.util.Locale;

/** Where a node takes its experts' weights from. */
public enum WeightsFrom {
  /**
   * From files where {@code node.model} names some; otherwise whatever the cluster serves, from
   * files where the embedded model is it, from other processes where it is not.
   */
  AUTO,
  /** From files alone. */
  FILES,
  /** From other processes alone. */
  CLUSTER;

  static WeightsFrom of(String text) {
    return Arrays.stream(values())
        .filter(value -> value.name().toLowerCase(Locale.ROOT).equals(text))
        .findFirst()
        .orElseThrow(() ->
            new SettingsException(
                "node.weights: \"%s\" is not possible; expected auto, files or cluster"
                    .formatted(text)));
  }
}
