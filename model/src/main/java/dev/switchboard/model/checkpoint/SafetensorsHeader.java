package dev.switchboard.model.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import java.io.IOException;
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
  static SafetensorsHeader parse(String file, byte[] json) {
    try (JsonParser parser = FACTORY.createParser(json)) {
      SafetensorsHeader header = new Reader(file, parser).header();
      if (parser.nextToken() != null) {
        throw new CheckpointException(file + ": more JSON after the header's object");
      }
      return header;
    } catch (JsonProcessingException e) {
      throw new CheckpointException(file + ": header is not valid JSON: " + JsonFiles.reason(e), e);
    } catch (IOException e) {
      throw new CheckpointException(file + ": header cannot be read: " + e.getMessage(), e);
    }
  }

  private record Reader(String file, JsonParser parser) {
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
              throw new CheckpointException(
                  file + ": tensor " + name + " has an unknown key \"" + key + "\"");
        }
      }
      if (dtype == null || shape == null || offsets == null || offsets.size() != 2) {
        throw new CheckpointException(
            file + ": tensor " + name + " needs dtype, shape and two data_offsets");
      }
      return new Entry(name, known(name, dtype), shape, offsets.get(0), offsets.get(1));
    }

    private DType known(String tensor, String dtype) {
      return DType.named(dtype)
          .orElseThrow(() ->
              new CheckpointException(
                  file
                      + ": tensor "
                      + tensor
                      + " has dtype "
                      + dtype
                      + "; known are "
                      + List.of(DType.values())));
    }

    private List<Long> numbers(String what, int limit) throws IOException {
      expect(parser.nextToken(), JsonToken.START_ARRAY, what);
      List<Long> numbers = new ArrayList<>();
      while (parser.nextToken() != JsonToken.END_ARRAY) {
        expect(parser.currentToken(), JsonToken.VALUE_NUMBER_INT, what);
        // Larger than a long is refused by the parser itself.
        long number = parser.getLongValue();
        if (number < 0) {
          throw new CheckpointException(
              file + ": " + what + " holds " + number + "; expected no negative number");
        }
        if (numbers.size() == limit) {
          throw new CheckpointException(
              file + ": " + what + " has more than " + limit + " numbers");
        }
        numbers.add(number);
      }
      return numbers;
    }

    private void expect(JsonToken found, JsonToken expected, String what) {
      if (found != expected) {
        throw new CheckpointException(
            file + ": " + what + " should be " + expected + ", found " + found);
      }
    }
  }
}
