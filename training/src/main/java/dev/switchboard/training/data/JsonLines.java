package dev.switchboard.training.data;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.util.ArrayList;
import java.util.List;

/** Documents as one JSON object a line. */
final class JsonLines {
  private static final ObjectMapper JSON = new ObjectMapper();

  private JsonLines() {}

  /**
   * @param name of the file, for errors
   */
  static List<String> documents(String text, String field, String name) throws IOException {
    List<String> documents = new ArrayList<>();
    int number = 0;
    for (String line : text.split("\n", -1)) {
      number++;
      if (line.isBlank()) {
        continue;
      }
      JsonNode value = object(line, name + ", line " + number).get(field);
      if (value == null || !value.isTextual()) {
        throw new IOException(
            "%s, line %d: no text under the key \"%s\"".formatted(name, number, field));
      }
      if (!value.asText().isEmpty()) {
        documents.add(value.asText());
      }
    }
    return documents;
  }

  private static JsonNode object(String line, String place) throws IOException {
    try {
      JsonNode node = JSON.readTree(line);
      if (node.isObject()) {
        return node;
      }
    } catch (JsonProcessingException e) {
      throw new IOException(place + ": not JSON: " + e.getOriginalMessage(), e);
    }
    throw new IOException(place + ": not a JSON object");
  }
}
