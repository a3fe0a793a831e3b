package dev.switchboard.cluster.settings;

/** Checks over several keys. */
final class Contradictions {
  private Contradictions() {}

  /**
   * @throws SettingsException with the message unless the condition holds
   */
  static void require(boolean holds, String message, Object... values) {
    if (!holds) {
      throw new SettingsException(message.formatted(values));
    }
  }
}
