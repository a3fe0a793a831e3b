package dev.switchboard.model;

import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Random;

/** Ways to spoil a file; each is a function of the bytes and the random numbers alone. */
final class Mutations {
  /** Where the tables of weight files lie, by far. */
  private static final int HEAD_BYTES = 6000;

  private static final long[] NUMBERS = {
    0,
    1,
    -1,
    2,
    3,
    7,
    31,
    255,
    65_536,
    1L << 24,
    1L << 31,
    (1L << 31) - 1,
    1L << 32,
    1L << 40,
    1L << 60,
    Long.MAX_VALUE,
    Long.MIN_VALUE,
    0x7fc0_0000,
    0x7ff0_0000_0000_0000L
  };

  private static final String[] VALUES = {
    "null",
    "true",
    "false",
    "0",
    "1",
    "-1",
    "2",
    "7",
    "1000000000",
    "1099511627776",
    "-0.0",
    "1e-300",
    "1e308",
    "0.5",
    "\"\"",
    "\"x\"",
    "\"../x\"",
    "[]",
    "{}",
    "[[[[[[[[1]]]]]]]]",
    "[0,-1]",
    "18446744073709551615",
    "\"\\u0000\"",
    "[\"sliding_attention\"]"
  };

  private static final ObjectMapper JSON = new ObjectMapper();

  private final Random random;

  Mutations(Random random) {
    this.random = random;
  }

  /** Spoiled bytes of a file of weights. */
  byte[] weights(byte[] bytes) {
    return switch (random.nextInt(10)) {
      case 0, 1 -> flipped(bytes, Math.min(HEAD_BYTES, bytes.length));
      case 2 -> flipped(bytes, bytes.length);
      case 3, 4, 5 -> numbered(bytes, Math.min(HEAD_BYTES, bytes.length));
      case 6 -> numbered(bytes, bytes.length);
      case 7 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 8 -> spliced(bytes);
      default -> worded(bytes);
    };
  }

  /** Spoiled bytes of a JSON file. */
  byte[] json(byte[] bytes) {
    return switch (random.nextInt(8)) {
      case 0 -> flipped(bytes, bytes.length);
      case 1 -> Arrays.copyOf(bytes, random.nextInt(bytes.length));
      case 2 -> spliced(bytes);
      default -> edited(bytes);
    };
  }

  private byte[] flipped(byte[] bytes, int within) {
    byte[] out = bytes.clone();
    for (int i = random.nextInt(8); i >= 0; i--) {
      out[random.nextInt(within)] ^= (byte) (1 << random.nextInt(8));
    }
    return out;
  }

  /** A number of four or eight bytes becomes another: a length, an offset, a type, a weight. */
  private byte[] numbered(byte[] bytes, int within) {
    byte[] out = bytes.clone();
    int width = random.nextBoolean() ? 4 : 8;
    int at = random.nextInt(Math.max(1, within - width));
    long number = NUMBERS[random.nextInt(NUMBERS.length)];
    ByteBuffer buffer = ByteBuffer.wrap(out).order(ByteOrder.LITTLE_ENDIAN);
    if (out.length < at + width) {
      return out;
    }
    if (width == 4) {
      buffer.putInt(at, random.nextInt(4) == 0 ? buffer.getInt(at) + 1 : (int) number);
    } else {
      buffer.putLong(at, random.nextInt(4) == 0 ? buffer.getLong(at) - 1 : number);
    }
    return out;
  }

  /** A piece is lost, comes twice, or takes another's place. */
  private byte[] spliced(byte[] bytes) {
    int length = 1 + random.nextInt(Math.max(1, Math.min(400, bytes.length / 2)));
    int from = random.nextInt(Math.max(1, bytes.length - length));
    int to = random.nextInt(Math.max(1, Math.min(bytes.length - length, 2 * HEAD_BYTES)));
    byte[] piece = Arrays.copyOfRange(bytes, from, from + length);
    return switch (random.nextInt(3)) {
      case 0 -> joined(Arrays.copyOf(bytes, to), new byte[0], tail(bytes, to + length));
      case 1 -> joined(Arrays.copyOf(bytes, to), piece, tail(bytes, to));
      default -> joined(Arrays.copyOf(bytes, to), piece, tail(bytes, to + length));
    };
  }

  /** A digit or letter of the table becomes another. */
  private byte[] worded(byte[] bytes) {
    byte[] out = bytes.clone();
    int at = random.nextInt(Math.min(HEAD_BYTES, out.length));
    for (int i = at; i < Math.min(out.length, at + 200); i++) {
      if (Character.isDigit(out[i])) {
        out[i] = (byte) ('0' + random.nextInt(10));
        return out;
      }
    }
    out[at] = (byte) ('a' + random.nextInt(26));
    return out;
  }

  private byte[] edited(byte[] bytes) {
    try {
      JsonNode root = JSON.readTree(bytes);
      for (int i = random.nextInt(2); i >= 0; i--) {
        edit(root);
      }
      return JSON.writeValueAsBytes(root);
    } catch (IOException e) {
      return flipped(bytes, bytes.length);
    }
  }

  private void edit(JsonNode root) throws JsonProcessingException {
    List<JsonNode> containers = new ArrayList<>();
    collect(root, containers);
    JsonNode container = containers.get(random.nextInt(Math.min(containers.size(), 40)));
    JsonNode value = JSON.readTree(VALUES[random.nextInt(VALUES.length)]);
    if (container instanceof ObjectNode object && !object.isEmpty()) {
      List<String> keys = new ArrayList<>();
      object.fieldNames().forEachRemaining(keys::add);
      String key = keys.get(random.nextInt(keys.size()));
      switch (random.nextInt(6)) {
        case 0 -> object.remove(key);
        case 1 -> object.set(key, object.get(keys.get(random.nextInt(keys.size()))));
        case 2 -> object.set("unexpected_" + key, value);
        default -> object.set(key, value);
      }
    } else if (container instanceof ArrayNode array && !array.isEmpty()) {
      int index = random.nextInt(array.size());
      if (random.nextBoolean()) {
        array.remove(index);
      } else {
        array.set(index, value);
      }
    }
  }

  private static void collect(JsonNode node, List<JsonNode> containers) {
    if (node.isContainerNode() && containers.size() < 200) {
      containers.add(node);
      node.forEach(child -> collect(child, containers));
    }
  }

  private static byte[] tail(byte[] bytes, int from) {
    return Arrays.copyOfRange(bytes, Math.min(from, bytes.length), bytes.length);
  }

  private static byte[] joined(byte[]... parts) {
    ByteBuffer all = ByteBuffer.allocate(Arrays.stream(parts).mapToInt(part -> part.length).sum());
    for (byte[] part : parts) {
      all.put(part);
    }
    return all.array();
  }

  /** What such a file is, by its name. */
  static boolean isJson(String name) {
    return name.endsWith(".json");
  }
}
