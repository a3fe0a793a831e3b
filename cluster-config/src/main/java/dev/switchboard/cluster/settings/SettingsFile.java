package dev.switchboard.cluster.settings;

import com.fasterxml.jackson.core.JacksonException;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.dataformat.yaml.YAMLFactory;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/** Reads a YAML file of sections with keys into text by {@code section.key}. */
final class SettingsFile {
  private static final long MAX_BYTES = 1 << 20;

  private SettingsFile() {}

  static Map<String, String> read(Path file) {
    JsonNode root = parse(file);
    Map<String, String> values = new LinkedHashMap<>();
    if (root.isMissingNode() || root.isNull()) {
      return values;
    }
    requireMapping(root, "the file", file);
    root.properties()
        .forEach(section -> {
          requireMapping(section.getValue(), section.getKey(), file);
          section
              .getValue()
              .properties()
              .forEach(key -> {
                String path = section.getKey() + "." + key.getKey();
                values.put(path, text(key.getValue(), path, file));
              });
        });
    return values;
  }

  private static JsonNode parse(Path file) {
    try {
      if (Files.size(file) > MAX_BYTES) {
        throw new SettingsException(
            "%s has %d bytes; a settings file has at most %d"
                .formatted(file, Files.size(file), MAX_BYTES));
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
          "cannot read the settings file %s: %s"
              .formatted(file, Files.exists(file) ? e.getMessage() : "no such file"));
    }
  }

  private static void requireMapping(JsonNode node, String path, Path file) {
    if (!node.isObject()) {
      throw new SettingsException(
          "%s: %s holds %s; expected sections with keys, like \"router:\" and under it \"  port: 8080\""
              .formatted(file, path, node.isNull() ? "nothing" : node.toString()));
    }
  }

  private static String text(JsonNode node, String path, Path file) {
    if (node.isArray()) {
      StringJoiner joined = new StringJoiner(",");
      node.forEach(element -> joined.add(text(element, path, file)));
      return joined.toString();
    }
    if (node.isNull() || node.isObject()) {
      throw new SettingsException(
          "%s: %s has %s; expected a value"
              .formatted(file, path, node.isNull() ? "no value" : "keys of its own"));
    }
    return node.asText();
  }
}
