package dev.switchboard.cluster.settings;

/**
 * Wrong settings; the message is for the user and names the key, what was given and what is
 * allowed.
 */
public final class SettingsException extends RuntimeException {
  private static final long serialVersionUID = 1;

  public SettingsException(String message) {
    super(message);
  }
}
