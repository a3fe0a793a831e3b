package dev.switchboard.training.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.switchboard.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;

/** The tokenizer as training needs it: text to ids, and how many bytes an id stands for. */
public final class Vocabulary implements AutoCloseable {
  /** {@code <|endoftext|>}: stands before a document and ends it. */
  public static final int END_OF_TEXT = 0;

  private final Tokenizer tokenizer;
  private static final char NEW_LINE = '\u010a'; // how byte-level BPE writes byte 10

  private final int[] bytes;
  private final boolean[] breaksLine;
  private final JsonNode json;

  private Vocabulary(Tokenizer tokenizer, int[] bytes, boolean[] breaksLine, JsonNode json) {
    this.tokenizer = tokenizer;
    this.bytes = bytes;
    this.breaksLine = breaksLine;
    this.json = json;
  }

  /** Reads a {@code tokenizer.json}, gzipped or not. */
  public static Vocabulary read(Path file) throws IOException {
    byte[] content = Texts.readBytes(file);
    JsonNode json = new ObjectMapper().readTree(content);
    JsonNode vocabulary = json.path("model").path("vocab");
    if (!vocabulary.isObject()) {
      throw new IOException(file + " is not a tokenizer.json with a BPE vocabulary");
    }
    int[] bytes = new int[vocabulary.size()];
    boolean[] breaksLine = new boolean[bytes.length];
    // Byte-level BPE writes each byte as one character.
    vocabulary
        .properties()
        .forEach(e -> {
          bytes[e.getValue().asInt()] = e.getKey().length();
          breaksLine[e.getValue().asInt()] = e.getKey().indexOf(NEW_LINE) >= 0;
        });
    json.path("added_tokens").forEach(t -> bytes[t.path("id").asInt()] = 0);
    Tokenizer tokenizer = open(content);
    return new Vocabulary(tokenizer, bytes, breaksLine, json);
  }

  private static Tokenizer open(byte[] content) throws IOException {
    Path unzipped = Files.createTempFile("tokenizer", ".json");
    try {
      Files.write(unzipped, content);
      return Tokenizer.open(unzipped);
    } finally {
      Files.deleteIfExists(unzipped);
    }
  }

  public int[] encode(String text) {
    return tokenizer.encode(text);
  }

  public String decode(int[] ids) {
    return tokenizer.decode(ids);
  }

  public int size() {
    return bytes.length;
  }

  /** Bytes of text behind a token; none for special tokens. */
  public int bytes(int token) {
    return bytes[token];
  }

  /** For each token, whether a line ends in it. */
  public boolean[] breaksLine() {
    return breaksLine.clone();
  }

  /** The file's content. */
  public JsonNode json() {
    return json;
  }

  @Override
  public void close() {
    tokenizer.close();
  }
}
