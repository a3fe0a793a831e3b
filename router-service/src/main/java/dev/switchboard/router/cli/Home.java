package dev.switchboard.router.cli;

import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;

/** Where the model is that a command works with. */
final class Home {
  private static final String DEFAULT_MODEL = "models/switchboard-mini";

  private Home() {}

  /** The given directory, or the model that comes with the installation. */
  static Path model(Optional<Path> given, Map<String, String> environment) {
    String home =
        System.getProperty("switchboard.home", environment.getOrDefault("SWITCHBOARD_HOME", "."));
    return given.orElseGet(() -> Path.of(home).resolve(DEFAULT_MODEL));
  }
}
