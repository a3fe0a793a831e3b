package dev.switchboard.model.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.NullNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.HashMap;
import java.util.Map;

/**
 * Where the values of a large JSON object's keys stand. Each can then be streamed, read as a tree,
 * or passed on as it is; the vocabulary and the merges, nearly all of a tokenizer's file, never
 * become a tree.
 */
final class JsonSections {
  private static final int MAX_TREE_BYTES = 16 << 20;

  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(64).build())
          .build();
  private static final ObjectMapper MAPPER = new ObjectMapper(FACTORY);

  /** Bytes [start, end) of a value. */
  private record Range(int start, int end) {}

  private final String label;
  private final byte[] json;
  private final Map<String, Range> ranges = new HashMap<>();

  private JsonSections(String label, byte[] json) {
    this.label = label;
    this.json = json;
  }

  /**
   * Finds the keys of the outermost object.
   *
   * @param label names the file in messages
   * @throws CheckpointException if it is not valid JSON, or names a key twice
   */
  static JsonSections of(String label, byte[] json) {
    JsonSections sections = new JsonSections(label, json);
    try (JsonParser parser = FACTORY.createParser(json)) {
      sections.scan(parser);
    } catch (IOException e) {
      throw sections.failure(e);
    }
    return sections;
  }

  private void scan(JsonParser parser) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new CheckpointException(label + ": expected a JSON object");
    }
    for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
      parser.nextToken();
      int start = Math.toIntExact(parser.currentTokenLocation().getByteOffset());
      parser.skipChildren();
      parser.finishToken();
      int end = Math.toIntExact(parser.currentLocation().getByteOffset());
      if (ranges.put(key, new Range(start, end)) != null) {
        throw new CheckpointException("%s: key \"%s\" stands there twice".formatted(label, key));
      }
    }
    if (parser.nextToken() != null) {
      throw new CheckpointException(label + ": not valid JSON: something follows the object");
    }
  }

  /** What a section's reader does with the parser, which stands before the value. */
  interface Reader {
    void read(JsonParser parser) throws IOException;
  }

  boolean has(String key) {
    return ranges.containsKey(key);
  }

  /** Streams a value; an absent key is not read. */
  void stream(String key, Reader reader) {
    Range range = ranges.get(key);
    if (range == null) {
      return;
    }
    try (JsonParser parser = FACTORY.createParser(json, range.start, range.end - range.start)) {
      parser.nextToken();
      reader.read(parser);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** A small value as a tree; null's node where the key is absent. */
  JsonNode tree(String key) {
    Range range = ranges.get(key);
    if (range == null) {
      return NullNode.getInstance();
    }
    if (range.end - range.start > MAX_TREE_BYTES) {
      throw new CheckpointException(
          "%s: key \"%s\" has %s bytes; at most %s are read"
              .formatted(label, key, range.end - range.start, MAX_TREE_BYTES));
    }
    try {
      return MAPPER.readTree(json, range.start, range.end - range.start);
    } catch (IOException e) {
      throw failure(e);
    }
  }

  /** The text of a value as it stands in the file; "null" where the key is absent. */
  String text(String key) {
    Range range = ranges.get(key);
    return range == null
        ? "null"
        : new String(json, range.start, range.end - range.start, StandardCharsets.UTF_8);
  }

  private CheckpointException failure(IOException e) {
    String reason =
        e instanceof JsonProcessingException json
            ? "not valid JSON: " + json.getOriginalMessage()
            : "cannot be read: " + e.getMessage();
    return new CheckpointException(label + ": " + reason, e);
  }
}
