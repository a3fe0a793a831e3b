package dev.switchboard.model.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;

/**
 * Values of a {@code config.json}; an absent or impossible one is an error that names the file and
 * the key.
 */
record ConfigReader(Path file, JsonNode root) {
  /** A count beyond this is a mistake, and would overflow products of two. */
  private static final int MAX_COUNT = 1 << 24;

  boolean has(String key) {
    return root.hasNonNull(key);
  }

  /** A whole number from 1 to 2^24. */
  int count(String key) {
    return integer(key, 1, MAX_COUNT);
  }

  int count(String key, int fallback) {
    return has(key) ? count(key) : fallback;
  }

  /** The product of two counts, which must be a count itself. */
  int product(String first, String second) {
    long product = (long) count(first) * count(second);
    if (product > MAX_COUNT) {
      throw error(first + " x " + second, product, "at most " + MAX_COUNT);
    }
    return (int) product;
  }

  int integer(String key, int least, int most) {
    JsonNode node = required(key);
    if (!node.isIntegralNumber()
        || !node.canConvertToInt()
        || node.intValue() < least
        || node.intValue() > most) {
      throw error(key, node, "a whole number from " + least + " to " + most);
    }
    return node.intValue();
  }

  float positive(String key) {
    JsonNode node = required(key);
    float value = node.floatValue();
    if (!node.isNumber() || !(value > 0) || Float.isInfinite(value)) {
      throw error(key, node, "a positive number");
    }
    return value;
  }

  boolean flag(String key, boolean fallback) {
    if (!has(key)) {
      return fallback;
    }
    JsonNode node = root.get(key);
    if (!node.isBoolean()) {
      throw error(key, node, "true or false");
    }
    return node.booleanValue();
  }

  String text(String key) {
    JsonNode node = required(key);
    if (!node.isTextual() || node.textValue().isBlank()) {
      throw error(key, node, "a text");
    }
    return node.textValue();
  }

  List<String> texts(String key) {
    JsonNode node = required(key);
    List<String> texts = new ArrayList<>();
    for (JsonNode item : node) {
      if (!item.isTextual() || item.textValue().isBlank()) {
        throw error(key, node, "a list of texts");
      }
      texts.add(item.textValue());
    }
    if (!node.isArray()) {
      throw error(key, node, "a list of texts");
    }
    return texts;
  }

  /** A token id or a list of them; empty if absent. */
  List<Integer> tokens(String key, int vocabulary) {
    if (!has(key)) {
      return List.of();
    }
    JsonNode node = root.get(key);
    List<Integer> tokens = new ArrayList<>();
    for (JsonNode item : node.isArray() ? node : List.of(node)) {
      if (!item.isIntegralNumber()
          || !item.canConvertToInt()
          || item.intValue() < 0
          || item.intValue() >= vocabulary) {
        throw error(key, node, "token ids from 0 to " + (vocabulary - 1));
      }
      tokens.add(item.intValue());
    }
    return tokens;
  }

  CheckpointException error(String key, Object found, String expected) {
    return CheckpointException.in(file, "%s is %s; expected %s", key, found, expected);
  }

  private JsonNode required(String key) {
    JsonNode node = root.get(key);
    if (node == null || node.isNull()) {
      throw CheckpointException.in(file, "key %s is missing", key);
    }
    return node;
  }
}
