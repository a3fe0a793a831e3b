package dev.switchboard.cluster.settings;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * Writes docs/configuration.md from the typed settings, so that the page cannot say anything else
 * than the code.
 */
public final class ConfigReference {
  private static final String HEAD =
      """
      # Configuration

      Made from the typed settings by `dev.switchboard.cluster.settings.ConfigReference`; do not edit by hand.

      Every process reads one YAML file (`--config FILE`), environment variables and flags. A flag beats the environment, the
      environment beats the file, the file beats the default. One file may hold the sections of all processes:

      ```yaml
      router:
        port: 8080
        replicas: 2
      grid:
        join: [10.0.0.1:5701, 10.0.0.2:5701]
        clusterName: production
      ```

      Times have a unit (`250ms`, `2s`, `5m`, `1h`); bytes may have one (`64KiB`, `16MiB`, `1GiB`). A key that is not known, a value
      that is not possible and two keys that contradict each other end the start with a message that names them.
      """;

  private ConfigReference() {}

  /** The whole page. */
  public static String markdown() {
    StringBuilder page = new StringBuilder(HEAD);
    for (Section section : SettingsLoader.SECTIONS) {
      page.append("\n## `")
          .append(section.name())
          .append("`\n")
          .append(section.doc())
          .append("\n\n");
      page.append(
          "| key | type | default | range | environment | meaning |\n|---|---|---|---|---|---|\n");
      section.keys().forEach(key -> page.append(row(key)));
    }
    return page.toString();
  }

  private static String row(Key key) {
    String standard = key.allowed().standard();
    return "| `%s` | %s | %s | %s | `%s` | %s |\n"
        .formatted(
            key.path(),
            key.kind().label(),
            standard.isEmpty() ? "" : "`" + standard + "`",
            key.range(),
            key.environment(),
            key.meaning());
  }

  /** Writes the page to the file that the first argument names. */
  public static void main(String[] arguments) {
    try {
      Files.writeString(Path.of(arguments[0]), markdown());
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
