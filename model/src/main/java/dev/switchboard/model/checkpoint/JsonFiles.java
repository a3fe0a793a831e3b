package dev.switchboard.model.checkpoint;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.StreamReadConstraints;
import com.fasterxml.jackson.core.StreamReadFeature;
import com.fasterxml.jackson.core.json.JsonReadFeature;
import com.fasterxml.jackson.core.json.JsonWriteFeature;
import com.fasterxml.jackson.databind.DeserializationFeature;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.regex.Pattern;

/**
 * Small JSON files from outside: bounded in size and depth, no key twice, nothing after the value.
 */
public final class JsonFiles {
  private static final long MAX_BYTES = 64L << 20;
  private static final int MAX_DEPTH = 32;

  /** Published configurations hold Infinity, which JSON does not know. */
  private static final ObjectMapper MAPPER =
      new ObjectMapper(
              factory(MAX_DEPTH)
                  .rebuild()
                  .enable(JsonReadFeature.ALLOW_NON_NUMERIC_NUMBERS)
                  .build())
          .enable(DeserializationFeature.FAIL_ON_TRAILING_TOKENS);

  private static final Pattern SOURCE = Pattern.compile(" ?\\(start marker at \\[Source[^]]*]\\)");

  /** Infinity as it is read: not in quotes. */
  private static final ObjectMapper PLAIN =
      new ObjectMapper(
          factory(MAX_DEPTH).rebuild().disable(JsonWriteFeature.WRITE_NAN_AS_STRINGS).build());

  private JsonFiles() {}

  /**
   * Reads a JSON object.
   *
   * @throws CheckpointException if the file is absent, larger than 64 MiB, deeper than 32, or no
   *     JSON object
   */
  public static JsonNode readObject(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new CheckpointException(file + ": no such file");
      }
      long size = Files.size(file);
      if (size > MAX_BYTES) {
        throw CheckpointException.in(
            file, "%s bytes of JSON; at most %s are read", size, MAX_BYTES);
      }
      return readObject(file, Files.readAllBytes(file));
    } catch (IOException e) {
      throw new CheckpointException("%s: cannot be read: %s".formatted(file, e.getMessage()), e);
    }
  }

  /**
   * The same of a text.
   *
   * @param origin for messages
   */
  public static JsonNode parse(String origin, String text) {
    return readObject(Path.of(origin), text.getBytes(StandardCharsets.UTF_8));
  }

  /** The same of UTF-8 that came from {@code origin}. */
  static JsonNode readObject(Path origin, byte[] utf8) {
    try {
      JsonNode node = MAPPER.readTree(utf8);
      if (!node.isObject()) {
        throw CheckpointException.in(
            origin, "expected a JSON object, found %s", node.getNodeType());
      }
      return node;
    } catch (JsonProcessingException e) {
      throw new CheckpointException("%s: not valid JSON: %s".formatted(origin, reason(e)), e);
    } catch (IOException e) {
      throw new CheckpointException("%s: cannot be read: %s".formatted(origin, e.getMessage()), e);
    }
  }

  /** A text that {@link #readObject} makes the same object of. */
  static String text(JsonNode object) {
    try {
      return PLAIN.writeValueAsString(object);
    } catch (JsonProcessingException e) {
      throw new IllegalStateException("a parsed configuration cannot be written", e);
    }
  }

  /**
   * Writes an object, indented, whole or not at all.
   *
   * @throws CheckpointException if it cannot be written
   */
  public static void write(Path file, JsonNode object) {
    try {
      String text = PLAIN.writerWithDefaultPrettyPrinter().writeValueAsString(object);
      AtomicFiles.write(file, text + "\n");
    } catch (JsonProcessingException e) {
      throw new CheckpointException("%s: cannot be written: %s".formatted(file, e), e);
    }
  }

  static JsonFactory factory(int maxDepth) {
    return JsonFactory.builder()
        .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(maxDepth).build())
        .enable(StreamReadFeature.STRICT_DUPLICATE_DETECTION)
        .build();
  }

  /** The parser's complaint and place, without its talk about sources. */
  static String reason(JsonProcessingException e) {
    String place = e.getLocation() == null ? "" : " (byte " + e.getLocation().getByteOffset() + ")";
    return SOURCE.matcher(e.getOriginalMessage()).replaceAll("") + place + within(e);
  }

  /** The key that it was at, so that the place can be found without counting bytes. */
  private static String within(JsonProcessingException e) {
    if (e.getProcessor() instanceof JsonParser parser) {
      String key = parser.getParsingContext().pathAsPointer().toString();
      return key.isEmpty() ? "" : ", at key " + key;
    }
    return "";
  }
}
