package dev.switchboard.model.tokenizer;

import com.fasterxml.jackson.core.JsonFactory;
import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonProcessingException;
import com.fasterxml.jackson.core.JsonToken;
import com.fasterxml.jackson.core.StreamReadConstraints;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.Objects;

/**
 * The bytes of each token id, from {@code tokenizer.json}. With them decoding is exact and needs no
 * native call: text is the UTF-8 of the bytes in a row.
 */
final class Vocabulary {
  /** No vocabulary comes near; an id beyond it is a mistake, not a reason to allocate. */
  private static final int MAX_ID = 1 << 24;

  private static final byte[] NOTHING = {};

  /** Streamed, not read as a tree: the merges, two thirds of the file, are only skipped. */
  private static final JsonFactory FACTORY =
      JsonFactory.builder()
          .streamReadConstraints(StreamReadConstraints.builder().maxNestingDepth(64).build())
          .build();

  private final Path file;
  private byte[][] bytes = new byte[1 << 14][];
  private int size;
  private boolean bpe;
  private boolean byteLevel;

  private Vocabulary(Path file) {
    this.file = file;
  }

  /**
   * Reads the vocabulary of a byte-level BPE tokenizer.
   *
   * @param file for messages
   * @throws CheckpointException if it is none
   */
  static Vocabulary read(Path file, byte[] json) {
    Vocabulary vocabulary = new Vocabulary(file);
    try (JsonParser parser = FACTORY.createParser(json)) {
      vocabulary.readAll(parser);
    } catch (JsonProcessingException e) {
      throw new CheckpointException(file + ": not valid JSON: " + e.getOriginalMessage(), e);
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be read: " + e.getMessage(), e);
    }
    if (!vocabulary.bpe || !vocabulary.byteLevel || vocabulary.size == 0) {
      throw new CheckpointException(
          file
              + ": expected byte-level BPE: model.type \"BPE\" with a vocab, and decoder.type \"ByteLevel\"");
    }
    return vocabulary;
  }

  /** One more than the highest id. */
  int size() {
    return size;
  }

  /** Bytes of a token; none for special tokens and ids that no token has. */
  byte[] bytes(int id) {
    if (id < 0) {
      throw new IllegalArgumentException("token id " + id + "; expected 0 or more");
    }
    return id < size ? Objects.requireNonNullElse(bytes[id], NOTHING) : NOTHING;
  }

  private void readAll(JsonParser parser) throws IOException {
    if (parser.nextToken() != JsonToken.START_OBJECT) {
      throw new CheckpointException(file + ": expected a JSON object");
    }
    for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
      parser.nextToken();
      switch (key) {
        case "added_tokens" -> readAdded(parser);
        case "model" -> readModel(parser);
        case "decoder" -> byteLevel = mentionsByteLevel(parser);
        default -> parser.skipChildren();
      }
    }
  }

  private void readModel(JsonParser parser) throws IOException {
    for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
      JsonToken token = parser.nextToken();
      if (key.equals("type")) {
        bpe = parser.getText().equals("BPE");
      } else if (key.equals("vocab") && token == JsonToken.START_OBJECT) {
        for (String text = parser.nextFieldName(); text != null; text = parser.nextFieldName()) {
          // Added tokens are told elsewhere, and win: only there is it said which are special.
          int id = checkedId(text, parser.nextIntValue(-1));
          if (id >= size || bytes[id] == null) {
            put(id, fromAlphabet(text));
          }
        }
      } else {
        parser.skipChildren();
      }
    }
  }

  private void readAdded(JsonParser parser) throws IOException {
    while (parser.nextToken() == JsonToken.START_OBJECT) {
      int id = -1;
      String content = "";
      boolean special = false;
      for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
        parser.nextToken();
        switch (key) {
          case "id" -> id = parser.getIntValue();
          case "content" -> content = parser.getText();
          case "special" -> special = parser.getBooleanValue();
          default -> parser.skipChildren();
        }
      }
      put(checkedId(content, id), special ? NOTHING : content.getBytes(StandardCharsets.UTF_8));
    }
  }

  private static boolean mentionsByteLevel(JsonParser parser) throws IOException {
    int depth = 0;
    boolean found = false;
    for (JsonToken token = parser.currentToken(); token != null; token = parser.nextToken()) {
      if (token.isStructStart()) {
        depth++;
      } else if (token.isStructEnd()) {
        depth--;
      } else if (token == JsonToken.VALUE_STRING) {
        found |= parser.getText().equals("ByteLevel");
      }
      if (depth == 0) {
        break;
      }
    }
    return found;
  }

  private int checkedId(String token, int id) {
    if (id < 0 || id > MAX_ID) {
      throw new CheckpointException(
          "%s: token \"%s\" has no whole number from 0 to %s as its id"
              .formatted(file, token, MAX_ID));
    }
    return id;
  }

  private byte[] fromAlphabet(String text) {
    byte[] result = new byte[text.length()];
    for (int i = 0; i < result.length; i++) {
      int value = ByteAlphabet.toByte(text.charAt(i));
      if (value < 0) {
        return text.getBytes(StandardCharsets.UTF_8);
      }
      result[i] = (byte) value;
    }
    return result;
  }

  private void put(int id, byte[] value) {
    if (id >= bytes.length) {
      bytes = Arrays.copyOf(bytes, Math.max(id + 1, 2 * bytes.length));
    }
    bytes[id] = value;
    size = Math.max(size, id + 1);
  }
}
