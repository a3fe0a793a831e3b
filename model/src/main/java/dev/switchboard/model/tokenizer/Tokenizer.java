package dev.switchboard.model.tokenizer;

import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.GgufMetadata;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.Set;
import java.util.stream.Collectors;

/**
 * Text to token ids and back. Encoding is Hugging Face's native library; decoding is ours, from the
 * vocabulary's pieces, so that it can follow a stream. For any number of threads.
 */
public final class Tokenizer implements AutoCloseable {
  /** Keeps the native library's counters and memory within bounds. */
  public static final int MAX_TEXT_CHARS = 8 << 20;

  private static final long MAX_FILE_BYTES = 256L << 20;

  private final Encoder encoder;
  private final Vocabulary vocabulary;
  private final DecodeRules rules;
  private final Affixes affixes;
  private final TokenizerSettings settings;

  Tokenizer(
      Encoder encoder,
      Vocabulary vocabulary,
      DecodeRules rules,
      Affixes affixes,
      TokenizerSettings settings) {
    this.encoder = encoder;
    this.vocabulary = vocabulary;
    this.rules = rules;
    this.affixes =
        affixes
            .beginning(settings.addBos(), token("bos_token", settings, vocabulary))
            .ending(settings.addEos(), token("eos_token", settings, vocabulary));
    this.settings = settings;
  }

  /**
   * Reads a {@code tokenizer.json} alone.
   *
   * @throws CheckpointException if there is none, or naming what in it is not sound or not known
   */
  public static Tokenizer open(Path tokenizerJson) {
    return open(tokenizerJson, TokenizerSettings.NONE);
  }

  /**
   * Reads a model folder's {@code tokenizer.json} and, where they are, the settings beside it.
   *
   * @throws CheckpointException if there is none, or naming what in it is not sound or not known
   */
  public static Tokenizer ofFolder(Path folder) {
    return open(folder.resolve("tokenizer.json"), TokenizerSettings.ofFolder(folder));
  }

  private static Tokenizer open(Path tokenizerJson, TokenizerSettings settings) {
    String label = tokenizerJson.toString();
    TokenizerFile file = TokenizerFile.read(label, read(tokenizerJson));
    Encoder encoder = new NativeEncoder(label, file.nativeJson());
    return new Tokenizer(
        file.cuttable() ? new LongTexts(encoder) : encoder,
        file.vocabulary(),
        file.rules(),
        file.affixes(),
        settings);
  }

  /** Whether a GGUF file brings a tokenizer. */
  public static boolean isIn(GgufMetadata metadata) {
    return GgufTokenizers.isThere(metadata);
  }

  /**
   * Reads the tokenizer of a GGUF file.
   *
   * @throws CheckpointException if it has none, or naming the key that is not sound or not known
   */
  public static Tokenizer ofGguf(GgufMetadata metadata) {
    return GgufTokenizers.read(metadata);
  }

  private static OptionalInt token(String name, TokenizerSettings settings, Vocabulary vocabulary) {
    String text = settings.specialTokens().get(name);
    return text == null ? OptionalInt.empty() : vocabulary.id(text);
  }

  /**
   * Token ids of a text. No token is added before or after; special tokens written in the text
   * become themselves.
   *
   * @throws IllegalArgumentException if the text has more than {@link #MAX_TEXT_CHARS} characters
   */
  public int[] encode(String text) {
    if (text.length() > MAX_TEXT_CHARS) {
      throw new IllegalArgumentException(
          "the text has %d characters, at most %d are tokenized"
              .formatted(text.length(), MAX_TEXT_CHARS));
    }
    return encoder.encode(text);
  }

  /**
   * Token ids of a prompt: of its text, with what this tokenizer puts before and after a text. What
   * the text itself begins or ends with is not put there a second time.
   *
   * @throws IllegalArgumentException if the text has more than {@link #MAX_TEXT_CHARS} characters
   */
  public int[] encodePrompt(String text) {
    return affixes.around(encode(text));
  }

  /** The text of token ids, without special tokens; bytes that are no UTF-8 become U+FFFD. */
  public String decode(int[] ids) {
    return decode(ids, false);
  }

  private String decode(int[] ids, boolean textBefore) {
    IncrementalDecoder decoder = IncrementalDecoder.whole(vocabulary, rules, textBefore);
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.add(id));
    }
    return text.append(decoder.finish()).toString();
  }

  /** What a token is in the midst of a text: a space that it begins with stays. */
  public String piece(int id) {
    return decode(new int[] {id}, true);
  }

  /** Decodes one stream of ids as it comes: a text of its own. */
  public IncrementalDecoder decoder() {
    return decoder(false);
  }

  /**
   * Decodes one stream of ids as it comes.
   *
   * @param textBefore whether the stream continues a text: then a space that it begins with stays
   */
  public IncrementalDecoder decoder(boolean textBefore) {
    return IncrementalDecoder.streaming(vocabulary, rules, textBefore);
  }

  /** Whether a token adds anything to a text; special tokens do not. */
  public boolean hasText(int id) {
    return vocabulary.bytes(id).length > 0;
  }

  /** How a special token is written; empty for any other, and for ids that no token has. */
  public Optional<String> special(int id) {
    String text = vocabulary.special(id);
    return text.isEmpty() ? Optional.empty() : Optional.of(text);
  }

  /** The id of a token by how it is written. */
  public OptionalInt id(String token) {
    return vocabulary.id(token);
  }

  /** Ids of the tokens that end an answer, as far as the tokenizer's files say. */
  public Set<Integer> endTokens() {
    return settings.ends().stream()
        .map(vocabulary::id)
        .flatMap(id -> id.stream().boxed())
        .collect(Collectors.toUnmodifiableSet());
  }

  /** What the model's files say of this tokenizer. */
  public TokenizerSettings settings() {
    return settings;
  }

  /** Number of ids: one more than the highest. */
  public int vocabulary() {
    return vocabulary.size();
  }

  @Override
  public void close() {
    encoder.close();
  }

  private static byte[] read(Path file) {
    try {
      if (!Files.isRegularFile(file)) {
        throw new CheckpointException(file + ": no such file");
      }
      if (Files.size(file) > MAX_FILE_BYTES) {
        throw CheckpointException.in(
            file, "%s bytes; at most %s are read", Files.size(file), MAX_FILE_BYTES);
      }
      return Files.readAllBytes(file);
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }
}
