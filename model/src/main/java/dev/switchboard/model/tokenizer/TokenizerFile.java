package dev.switchboard.model.tokenizer;

import com.fasterxml.jackson.core.JsonParser;
import com.fasterxml.jackson.core.JsonToken;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A {@code tokenizer.json}, read and checked.
 *
 * @param nativeJson what the native library needs to encode, and nothing else of the file: it ends
 *     the process on what it does not expect
 * @param cuttable whether long texts may be encoded in pieces
 */
record TokenizerFile(
    Vocabulary vocabulary,
    DecodeRules rules,
    Affixes affixes,
    String nativeJson,
    boolean cuttable) {

  /** The native library compares each added token with each. */
  static final int MAX_ADDED = 20_000;

  /**
   * Reads a file.
   *
   * @param label names it in messages
   * @throws CheckpointException naming what is missing, not known or not sound
   */
  static TokenizerFile read(String label, byte[] json) {
    JsonSections sections = JsonSections.of(label, json);
    if (!sections.has("model")) {
      throw new CheckpointException(label + ": not a tokenizer: it has no \"model\"");
    }
    DecodeRules rules = DecodeRules.read(label, sections.tree("decoder"));
    Reader reader = new Reader(label, rules.byteLevel());
    Vocabulary vocabulary = reader.read(sections);
    Affixes affixes = Affixes.read(label, sections.tree("post_processor"), vocabulary.size());
    PipelineChecks checks = new PipelineChecks(label);
    checks.normalizer(sections.tree("normalizer"));
    checks.preTokenizer(sections.tree("pre_tokenizer"));
    String forEncoding =
        "{\"version\":\"1.0\",\"truncation\":null,\"padding\":null,\"added_tokens\":%s,\"normalizer\":%s,\"pre_tokenizer\":%s,\"post_processor\":null,\"decoder\":null,\"model\":%s}"
            .formatted(
                sections.has("added_tokens") ? sections.text("added_tokens") : "[]",
                sections.text("normalizer"),
                sections.text("pre_tokenizer"),
                sections.text("model"));
    boolean cuttable =
        !reader.tokensJoin
            && LongTexts.mayCut(sections.tree("normalizer"), sections.tree("pre_tokenizer"));
    return new TokenizerFile(vocabulary, rules, affixes, forEncoding, cuttable);
  }

  private record Added(String content, int id, boolean special) {}

  /** Streams the vocabulary. */
  private static final class Reader {
    private static final Logger LOG = LoggerFactory.getLogger(TokenizerFile.class);

    private final String label;
    private final Vocabulary.Builder vocabulary;
    private final List<Added> added = new ArrayList<>();

    /** Ids that the model's own vocabulary gives to added tokens. */
    private final Map<String, Integer> known = new HashMap<>();

    private final Set<String> modelKeys = new HashSet<>();
    private String type = "";
    private int pieces;
    private boolean tokensJoin;

    Reader(String label, boolean byteLevel) {
      this.label = label;
      this.vocabulary = new Vocabulary.Builder(label, byteLevel);
    }

    Vocabulary read(JsonSections sections) {
      sections.stream("added_tokens", this::readAdded);
      added.forEach(token -> known.put(token.content, -1));
      sections.stream("model", this::readModel);
      if ((!type.equals("BPE") && !type.equals("Unigram")) || pieces == 0) {
        throw wrong(
            "expected model.type \"BPE\" or \"Unigram\" with a vocab, found \"%s\" with %s tokens",
            type, pieces);
      }
      placeAdded();
      return vocabulary.build();
    }

    private void readModel(JsonParser parser) throws IOException {
      expect(parser, JsonToken.START_OBJECT, "model");
      for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
        JsonToken token = parser.nextToken();
        if (!modelKeys.add(key)) {
          throw wrong("key \"model.%s\" stands there twice", key);
        }
        switch (key) {
          case "type" -> type = parser.getText();
          case "vocab" -> readVocabulary(parser, token);
          case "dropout", "continuing_subword_prefix", "end_of_word_suffix" ->
              refuseUnlessEmpty(key, parser, token);
          default -> parser.skipChildren();
        }
      }
    }

    private void refuseUnlessEmpty(String key, JsonParser parser, JsonToken token)
        throws IOException {
      boolean empty =
          token == JsonToken.VALUE_NULL
              || (token == JsonToken.VALUE_STRING && parser.getText().isEmpty())
              || (token.isNumeric() && parser.getDoubleValue() == 0);
      if (!empty) {
        throw wrong("model.%s is not supported; expected null", key);
      }
    }

    /** BPE: piece to id. Unigram: a list of piece and score. */
    private void readVocabulary(JsonParser parser, JsonToken token) throws IOException {
      if (token == JsonToken.START_OBJECT) {
        for (String text = parser.nextFieldName(); text != null; text = parser.nextFieldName()) {
          parser.nextToken();
          piece(text, parser.hasToken(JsonToken.VALUE_NUMBER_INT) ? id(parser) : -1);
        }
        return;
      }
      expect(parser, JsonToken.START_ARRAY, "model.vocab");
      while (parser.nextToken() == JsonToken.START_ARRAY) {
        if (parser.nextToken() != JsonToken.VALUE_STRING || parser.getText().isEmpty()) {
          throw wrong("model.vocab[%s]: expected a piece and its score", pieces);
        }
        piece(parser.getText(), pieces);
        if (!parser.nextToken().isNumeric() || parser.nextToken() != JsonToken.END_ARRAY) {
          throw wrong("model.vocab[%s]: expected a piece and its score", pieces - 1);
        }
      }
    }

    private static int id(JsonParser parser) throws IOException {
      long id = parser.getLongValue();
      return id < 0 || id > Vocabulary.MAX_ID ? -1 : (int) id;
    }

    private void piece(String text, int id) {
      vocabulary.piece(id, text);
      pieces++;
      known.computeIfPresent(text, (content, before) -> id);
    }

    private void readAdded(JsonParser parser) throws IOException {
      if (parser.hasToken(JsonToken.VALUE_NULL)) {
        return;
      }
      expect(parser, JsonToken.START_ARRAY, "added_tokens");
      while (parser.nextToken() == JsonToken.START_OBJECT) {
        int id = -1;
        String content = "";
        boolean special = false;
        for (String key = parser.nextFieldName(); key != null; key = parser.nextFieldName()) {
          parser.nextToken();
          switch (key) {
            case "id" -> id = id(parser);
            case "content" -> content = parser.getText();
            case "special" -> special = parser.getBooleanValue();
            case "lstrip", "rstrip" -> tokensJoin |= parser.hasToken(JsonToken.VALUE_TRUE);
            default -> parser.skipChildren();
          }
        }
        if (content.isEmpty() || added.size() == MAX_ADDED) {
          throw wrong(
              content.isEmpty() ? "added_tokens[%s] has no content" : "more than %s added tokens",
              added.size());
        }
        tokensJoin |= LongTexts.joins(content);
        added.add(new Added(content, id, special));
      }
    }

    /**
     * As the native library does, which does not look at the ids that the file gives: an added
     * token that the model knows keeps the model's id, any other gets the next one.
     */
    private void placeAdded() {
      int last = -1;
      Map<String, Integer> placed = new HashMap<>();
      int moved = 0;
      for (Added token : added) {
        int id = placed.getOrDefault(token.content, known.getOrDefault(token.content, -1));
        if (id < 0) {
          id = last >= pieces ? last + 1 : pieces;
        }
        placed.put(token.content, id);
        last = Math.max(last, id);
        moved += id == token.id ? 0 : 1;
        vocabulary.added(id, token.content, token.special);
      }
      if (moved > 0) {
        LOG.warn(
            "{}: {} added tokens are not at the ids that the file gives; the library's count",
            label,
            moved);
      }
    }

    private void expect(JsonParser parser, JsonToken token, String key) {
      if (!parser.hasToken(token)) {
        throw wrong("%s: expected %s, found %s", key, token, parser.currentToken());
      }
    }

    private CheckpointException wrong(String format, Object... arguments) {
      return new CheckpointException(label + ": " + format.formatted(arguments));
    }
  }
}
