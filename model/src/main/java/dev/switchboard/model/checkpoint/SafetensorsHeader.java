package dev.switchboard.model.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * The JSON table at the head of a safetensors file, parsed but not yet believed: {@link
 * SafetensorsFile} compares it with the file.
 */
record SafetensorsHeader(Map<String, String> metadata, List<Entry> entries) {
  /** One tensor: bytes {@code [begin, end)} of what follows the header. */
  record Entry(String name, DType dtype, List<Long> shape, long begin, long end) {}

  private static final int MAX_DEPTH = 4;
  private static final int MAX_AXES = 16;
  private static final String METADATA = "__metadata__";
  private static final JsonFactory FACTORY = JsonFiles.factory(MAX_DEPTH);

  /**
   * Parses the table.
   *
   * @param file for messages
   * @throws CheckpointException if it is no such table
   */
  static SafetensorsHeader parse(Path file, byte[] json) {
    try (JsonParser parser = FACTORY.createParser(json)) {
      SafetensorsHeader header = new Reader(file, parser).header();
      if (parser.nextToken() != null) {
        throw new CheckpointException(file + ": more JSON after the header's object");
      }
      return header;
    } catch (JsonProcessingException e) {
      throw new CheckpointException(
          "%s: header is not valid JSON: %s".formatted(file, JsonFiles.reason(e)), e);
    } catch (IOException e) {
      throw new CheckpointException(
          "%s: header cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  private record Reader(Path file, JsonParser parser) {
    SafetensorsHeader header() throws IOException {
      expect(parser.nextToken(), JsonToken.START_OBJECT, "the header");
      Map<String, String> metadata = Map.of();
      List<Entry> entries = new ArrayList<>();
      for (String name = parser.nextFieldName(); name != null; name = parser.nextFieldName()) {
        if (name.equals(METADATA)) {
          metadata = metadata();
        } else {
          entries.add(entry(name));
        }
      }
      return new SafetensorsHeader(metadata, entries);
    }

    private Map<String, String> metadata() throws IOException {
      expect(parser.nextToken(), JsonToken.START_OBJECT, METADATA);
      Map<String, String> metadata = new LinkedHashMap<>();
      for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
        expect(parser.nextToken(), JsonToken.VALUE_STRING, METADATA + "." + key);
        metadata.put(key, parser.getText());
      }
      return metadata;
    }

    private Entry entry(String name) throws IOException {
      expect(parser.nextToken(), JsonToken.START_OBJECT, "tensor " + name);
      String dtype = null;
      List<Long> shape = null;
      List<Long> offsets = null;
      for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
        switch (key) {
          case "dtype" -> {
            expect(parser.nextToken(), JsonToken.VALUE_STRING, "dtype of tensor " + name);
            dtype = parser.getText();
          }
          case "shape" -> shape = numbers("shape of tensor " + name, MAX_AXES);
          case "data_offsets" -> offsets = numbers("data_offsets of tensor " + name, 2);
          default ->
              throw CheckpointException.in(file, "tensor %s has an unknown key \"%s\"", name, key);
        }
      }
      if (dtype == null || shape == null || offsets == null || offsets.size() != 2) {
        throw CheckpointException.in(
            file, "tensor %s needs dtype, shape and two data_offsets", name);
      }
      return new Entry(name, known(name, dtype), shape, offsets.get(0), offsets.get(1));
    }

    private DType known(String tensor, String dtype) {
      return DType.named(dtype)
          .orElseThrow(() ->
              CheckpointException.in(
                  file,
                  "tensor %s has dtype %s; known are %s",
                  tensor,
                  dtype,
                  List.of(DType.values())));
    }

    private List<Long> numbers(String what, int limit) throws IOException {
      expect(parser.nextToken(), JsonToken.START_ARRAY, what);
      List<Long> numbers = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        expect(parser.currentToken(), JsonToken.VALUE_NUMBER_INT, what);
        // Larger than a long is refused by the parser itself.
        long number = parser.getLongValue();
        if (number < 0) {
          throw CheckpointException.in(
              file, "%s holds %s; expected no negative number", what, number);
        }
        if (numbers.size() == limit) {
          throw CheckpointException.in(file, "%s has more than %s numbers", what, limit);
        }
        numbers.add(number);
      }
      return numbers;
    }

    private void expect(JsonToken found, JsonToken expected, String what) {
      if (found != expected) {
        throw CheckpointException.in(file, "%s should be %s, found %s", what, expected, found);
      }
    }
  }
}
