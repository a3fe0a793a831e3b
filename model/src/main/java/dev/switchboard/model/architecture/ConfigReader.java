package dev.switchboard.model.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;

/**
 * Values of a {@code config.json}; an absent or impossible one is an error that names the file and
 * the key. A value of null counts as absent.
 *
 * @param path of the object within the file, for messages: empty, or ending with a dot
 */
record ConfigReader(Path file, JsonNode root, String path) {
  /** A count beyond this is a mistake, and would overflow products of two. */
  private static final int MAX_COUNT = 1 << 24;

  /** How transformers 5 writes what JSON has no number for. */
  private static final String WRAPPED = "__float__";

  ConfigReader(Path file, JsonNode root) {
    this(file, root, "");
  }

  boolean has(String key) {
    return root.hasNonNull(key);
  }

  /** The object under a key, if there is one. */
  Optional<ConfigReader> nested(String key) {
    if (!has(key)) {
      return Optional.empty();
    }
    JsonNode node = root.get(key);
    if (!node.isObject()) {
      throw error(key, node, "an object");
    }
    return Optional.of(new ConfigReader(file, node, path + key + '.'));
  }

  /** The first of several spellings of a key that is there; the first of all if none is. */
  String spelling(String... keys) {
    return Arrays.stream(keys).filter(this::has).findFirst().orElse(keys[0]);
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
    return integer(key, required(key), least, most);
  }

  int integer(String key, int least, int most, int fallback) {
    return has(key) ? integer(key, least, most) : fallback;
  }

  private int integer(String key, JsonNode node, int least, int most) {
    if (!node.isIntegralNumber()
        || !node.canConvertToInt()
        || node.intValue() < least
        || node.intValue() > most) {
      throw error(key, node, "a whole number from " + least + " to " + most);
    }
    return node.intValue();
  }

  /** A list of whole numbers within bounds; empty if absent. */
  List<Integer> integers(String key, int least, int most) {
    List<Integer> values = new ArrayList<>();
    if (has(key)) {
      if (!root.get(key).isArray()) {
        throw error(key, root.get(key), "a list of whole numbers");
      }
      for (JsonNode item : root.get(key)) {
        values.add(integer(key, item, least, most));
      }
    }
    return values;
  }

  float positive(String key) {
    double value = number(key);
    if (!(value > 0) || !((float) value > 0) || value > Float.MAX_VALUE) {
      throw error(key, root.get(key), "a positive number");
    }
    return (float) value;
  }

  float positive(String key, float fallback) {
    return has(key) ? positive(key) : fallback;
  }

  /** Any number, infinite ones included, but not NaN. */
  double number(String key) {
    return number(key, required(key));
  }

  double number(String key, double fallback) {
    return has(key) ? number(key) : fallback;
  }

  /** A list of numbers, as {@link #number(String)} takes them. */
  List<Double> numbers(String key) {
    JsonNode node = required(key);
    if (!node.isArray()) {
      throw error(key, node, "a list of numbers");
    }
    List<Double> values = new ArrayList<>();
    for (JsonNode item : node) {
      values.add(number(key, item));
    }
    return values;
  }

  private double number(String key, JsonNode node) {
    if (node.isObject() && node.size() == 1 && node.path(WRAPPED).isTextual()) {
      switch (node.get(WRAPPED).textValue()) {
        case "Infinity":
          return Double.POSITIVE_INFINITY;
        case "-Infinity":
          return Double.NEGATIVE_INFINITY;
        default:
          throw error(key, node, "a number");
      }
    }
    if (!node.isNumber() || Double.isNaN(node.doubleValue())) {
      throw error(key, node, "a number");
    }
    return node.doubleValue();
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

  String text(String key, String fallback) {
    return has(key) ? text(key) : fallback;
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

  /** What there is no arithmetic for here is refused, not ignored. */
  void refuseFlag(String key, boolean supported) {
    if (flag(key, supported) != supported) {
      throw error(key, !supported, supported + ": the other has no arithmetic here");
    }
  }

  CheckpointException error(String key, Object found, String expected) {
    return CheckpointException.in(file, "%s%s is %s; expected %s", path, key, found, expected);
  }

  private JsonNode required(String key) {
    JsonNode node = root.get(key);
    if (node == null || node.isNull()) {
      throw CheckpointException.in(file, "key %s%s is missing", path, key);
    }
    return node;
  }
}
