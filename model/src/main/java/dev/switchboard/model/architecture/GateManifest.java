package dev.switchboard.model.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.JsonFiles;
import java.nio.file.Path;
import java.time.Instant;
import java.time.format.DateTimeParseException;
import java.util.Optional;
import java.util.regex.Pattern;

/** {@code gate.json}: which gates lie beside it. */
record GateManifest(String version, GateAbout about) {
  static final String FORMAT = "switchboard-gate";
  private static final int FORMAT_VERSION = 2;
  private static final int MOST_EXPERTS = 1 << 16;
  private static final Pattern VERSION = Pattern.compile("[0-9a-f]{16}");

  static GateManifest read(Path file) {
    JsonNode json = JsonFiles.readObject(file);
    ConfigReader reader = new ConfigReader(file, json);
    if (!reader.text("format").equals(FORMAT)) {
      throw reader.error("format", reader.text("format"), FORMAT);
    }
    reader.integer("format_version", FORMAT_VERSION, FORMAT_VERSION);
    String parent = version(reader, "parent", reader.text("parent", GateArtifact.OWN));
    GateAbout about =
        new GateAbout(
            reader.text("model_fingerprint"),
            reader.integer("experts", 1, MOST_EXPERTS),
            parent,
            reader.text("data_fingerprint", ""),
            reader.text("made", ""),
            time(reader),
            json.path("metrics").isObject()
                ? json.path("metrics")
                : JsonNodeFactory.instance.objectNode());
    return new GateManifest(version(reader, "version", reader.text("version")), about);
  }

  private static String version(ConfigReader reader, String key, String found) {
    boolean own = key.equals("parent") && found.equals(GateArtifact.OWN);
    if (!own && !VERSION.matcher(found).matches()) {
      throw reader.error(key, found, "16 hex digits");
    }
    return found;
  }

  private static Optional<Instant> time(ConfigReader reader) {
    if (!reader.has("time")) {
      return Optional.empty();
    }
    String text = reader.text("time");
    try {
      return Optional.of(Instant.parse(text));
    } catch (DateTimeParseException e) {
      throw reader.error("time", text, "a time like 2026-01-31T12:00:00Z");
    }
  }

  void write(Path file) {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("format", FORMAT);
    json.put("format_version", FORMAT_VERSION);
    json.put("version", version);
    json.put("parent", about.parent());
    json.put("model_fingerprint", about.model());
    json.put("experts", about.experts());
    if (!about.data().isEmpty()) {
      json.put("data_fingerprint", about.data());
    }
    if (!about.made().isEmpty()) {
      json.put("made", about.made());
    }
    about.time().ifPresent(time -> json.put("time", time.toString()));
    json.set("metrics", about.metrics());
    JsonFiles.write(file, json);
  }
}
