package dev.switchboard.cluster.settings;

import com.fasterxml.jackson.databind.JsonNode;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.StringJoiner;

/** Reads a YAML file of sections with keys into text by {@code section.key}. */
final class SettingsFile {

  private SettingsFile() {}

  static Map<String, String> read(Path file) {
    JsonNode root = YamlFile.read(file, "settings file");
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
