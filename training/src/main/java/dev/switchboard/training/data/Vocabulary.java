package dev.switchboard.training.data;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.switchboard.model.tokenizer.Tokenizer;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.stream.IntStream;

/** The tokenizer as training needs it: text to ids, and how many bytes an id stands for. */
public final class Vocabulary implements AutoCloseable {
  /** {@code <|endoftext|>}: stands before a document and ends it. */
  public static final int END_OF_TEXT = 0;

  private static final int PIECE_CHARS = 1 << 20;

  private final Tokenizer tokenizer;
  // How byte-level BPE writes line feed, space, tab and carriage return.
  private static final char NEW_LINE = '\u010a';
  private static final char SPACE = '\u0120';
  private static final String WHITE_SPACE = "\u010a\u0120\u0109\u010d";

  private final int[] bytes;
  private final LineHints hints;
  private final JsonNode json;

  private Vocabulary(Tokenizer tokenizer, int[] bytes, LineHints hints, JsonNode json) {
    this.tokenizer = tokenizer;
    this.bytes = bytes;
    this.hints = hints;
    this.json = json;
  }

  /** Reads a {@code tokenizer.json}, gzipped or not. */
  public static Vocabulary read(Path file) throws IOException {
    return of(Texts.readBytes(file), file.toString());
  }

  /**
   * @param content of a tokenizer.json
   * @param name for errors
   */
  public static Vocabulary of(byte[] content, String name) throws IOException {
    JsonNode json = new ObjectMapper().readTree(content);
    JsonNode vocabulary = json.path("model").path("vocab");
    if (!vocabulary.isObject()) {
      throw new IOException(name + " is not a tokenizer.json with a BPE vocabulary");
    }
    int[] bytes = new int[vocabulary.size()];
    LineHints hints = LineHints.none(bytes.length);
    // Byte-level BPE writes each byte as one character.
    vocabulary
        .properties()
        .forEach(e -> {
          int id = e.getValue().asInt();
          String token = e.getKey();
          bytes[id] = token.length();
          hints.breaksLine()[id] = token.indexOf(NEW_LINE) >= 0;
          hints.blank()[id] = token.chars().allMatch(c -> WHITE_SPACE.indexOf(c) >= 0);
          if (token.length() > 1 && token.charAt(0) == SPACE) {
            hints.withoutSpace()[id] = vocabulary.path(token.substring(1)).asInt(id);
          }
        });
    json.path("added_tokens").forEach(t -> bytes[t.path("id").asInt()] = 0);
    Tokenizer tokenizer = open(content);
    return new Vocabulary(tokenizer, bytes, hints, json);
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

  /** Of a text of any length: long ones are cut behind lines. */
  int[] encodeLong(String text) {
    if (text.length() <= PIECE_CHARS) {
      return encode(text);
    }
    IntStream.Builder all = IntStream.builder();
    for (int from = 0; from < text.length(); ) {
      int to = Math.min(text.length(), from + PIECE_CHARS);
      int line = text.lastIndexOf('\n', to - 1) + 1;
      to = to < text.length() && line > from ? line : to;
      if (to < text.length() && Character.isHighSurrogate(text.charAt(to - 1))) {
        to--;
      }
      for (int token : encode(text.substring(from, to))) {
        all.add(token);
      }
      from = to;
    }
    return all.build().toArray();
  }

  /** What stands between the documents of a file. */
  public int[] separator() {
    return encode(Domain.SEPARATOR);
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

  /** What the tokens tell about lines. */
  public LineHints lineHints() {
    return hints;
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
