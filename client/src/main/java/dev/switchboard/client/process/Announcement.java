package dev.switchboard.client.process;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.util.HashMap;
import java.util.Map;
import java.util.Optional;

/**
 * One line of JSON by which a child says that its grid listens ({@code {"listening": "router",
 * ...}}) or that it can answer ({@code {"ready": "router", ...}}).
 *
 * @param kind {@code listening} or {@code ready}
 * @param fields the line's plain fields as text
 */
record Announcement(String kind, Map<String, String> fields) {
  private static final JsonFactory JSON = new JsonFactory();

  Announcement {
    fields = Map.copyOf(fields);
  }

  /** The announcement on this line of a child's output, if it is one. */
  static Optional<Announcement> read(String line) {
    if (!line.startsWith("{")) {
      return Optional.empty();
    }
    Map<String, String> fields = new HashMap<>();
    try (JsonParser parser = JSON.createParser(line)) {
      parser.nextToken();
      while (parser.nextToken() == JsonToken.FIELD_NAME) {
        String name = parser.currentName();
        if (parser.nextToken().isScalarValue()) {
          fields.put(name, parser.getText());
        } else {
          parser.skipChildren();
        }
      }
    } catch (IOException e) {
      return Optional.empty();
    }
    for (String kind : new String[] {"ready", "listening"}) {
      if (fields.containsKey(kind)) {
        return Optional.of(new Announcement(kind, fields));
      }
    }
    return Optional.empty();
  }

  /** The field's text, or an error that names child and field. */
  String field(String name) {
    String value = fields.get(name);
    if (value == null) {
      throw new ClusterException(
          "the " + fields.get(kind) + "'s '" + kind + "' line has no '" + name + "': " + fields);
    }
    return value;
  }
}
