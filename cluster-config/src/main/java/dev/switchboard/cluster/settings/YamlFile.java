package dev.switchboard.cluster.settings;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** Reads a YAML file whose keys are there once, within a bound. */
final class YamlFile {
  private static final long MAX_BYTES = 1 << 20;

  private YamlFile() {}

  /**
   * Its tree.
   *
   * @param what the file is, as problems name it
   * @throws SettingsException naming the file, and the line that is not YAML
   */
  static JsonNode read(Path file, String what) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new SettingsException(
            "%s has %d bytes; a %s has at most %d"
                .formatted(file, Files.size(file), what, MAX_BYTES));
      }
      ObjectMapper mapper = new ObjectMapper(new YAMLFactory());
      mapper.enable(JsonParser.Feature.STRICT_DUPLICATE_DETECTION);
      return mapper.readTree(file.toFile());
    } catch (JacksonException e) {
      String problem = e.getOriginalMessage().lines().findFirst().orElse("unreadable");
      int line = e.getLocation() == null ? 0 : e.getLocation().getLineNr();
      throw new SettingsException("%s, line %d: not YAML: %s".formatted(file, line, problem));
    } catch (IOException e) {
      throw new SettingsException(
          "cannot read the %s %s: %s"
              .formatted(what, file, Files.exists(file) ? e.getMessage() : "no such file"));
    }
  }
}
