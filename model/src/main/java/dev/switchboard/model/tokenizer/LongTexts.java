package dev.switchboard.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import java.util.ArrayList;
import java.util.List;

/**
 * Encodes a long text in pieces, with the ids of the whole: the native library's encoding takes
 * some 200 bytes for each character while it works.
 *
 * <p>A text is cut before a space that stands between two ASCII letters. That is exact where words
 * are found by one of the expressions known here: from left to right, without a look behind; each
 * ends a match at a letter before a space, looks ahead of white space alone, and begins the next
 * match with that space. Nothing else may join what the cut parts: no normalizer, and no added
 * token that has white space in it or takes it in.
 */
final class LongTexts implements Encoder {
  /** Of a piece, about. */
  static final int PIECE_CHARS = 1 << 16;

  private final Encoder encoder;

  /**
   * @param encoder of a tokenizer whose texts may be cut
   */
  LongTexts(Encoder encoder) {
    this.encoder = encoder;
  }

  /**
   * Whether texts may be cut.
   *
   * @param expressions that cut a text into words, one after the other
   */
  static boolean mayCut(List<String> expressions) {
    return PreTokenizers.ENDING_AT_SPACES.stream().anyMatch(expressions::contains)
        && expressions.stream()
            .allMatch(expression ->
                PreTokenizers.ENDING_AT_SPACES.contains(expression)
                    || PreTokenizers.DIGITS.contains(expression));
  }

  /** Whether texts may be cut, as the sections of a {@code tokenizer.json} say. */
  static boolean mayCut(JsonNode normalizer, JsonNode preTokenizer) {
    return (normalizer.isNull() || normalizer.isMissingNode()) && mayCut(expressions(preTokenizer));
  }

  private static List<String> expressions(JsonNode preTokenizer) {
    List<JsonNode> steps = new ArrayList<>();
    if (preTokenizer.path("type").asText().equals("Sequence")) {
      preTokenizer.path("pretokenizers").forEach(steps::add);
    } else {
      steps.add(preTokenizer);
    }
    List<String> expressions = new ArrayList<>();
    for (JsonNode step : steps) {
      switch (step.path("type").asText()) {
        case "Split" ->
            expressions.add(
                step.path("behavior").asText().equals("Isolated")
                        && !step.path("invert").asBoolean(true)
                    ? step.path("pattern").path("Regex").asText()
                    : "");
        case "ByteLevel" -> {
          if (step.path("use_regex").asBoolean(true)) {
            expressions.add(PreTokenizers.GPT2);
          }
        }
        default -> expressions.add("");
      }
    }
    return expressions;
  }

  /** Whether such an added token may reach over a cut. */
  static boolean joins(String token) {
    return token.chars().anyMatch(Character::isWhitespace);
  }

  @Override
  public int[] encode(String text) {
    if (text.length() <= 2 * PIECE_CHARS) {
      return encoder.encode(text);
    }
    IntList ids = new IntList();
    for (int from = 0; from < text.length(); ) {
      int end = end(text, from);
      for (int id : encoder.encode(text.substring(from, end))) {
        ids.add(id);
      }
      from = end;
    }
    return ids.toArray();
  }

  /** The last cut of a piece that begins there, or the first one behind it. */
  static int end(String text, int from) {
    int most = from + PIECE_CHARS;
    if (most >= text.length()) {
      return text.length();
    }
    for (int at = most; at > from + 1; at--) {
      if (isCut(text, at)) {
        return at;
      }
    }
    for (int at = most + 1; at < text.length() - 1; at++) {
      if (isCut(text, at)) {
        return at;
      }
    }
    return text.length();
  }

  static boolean isCut(String text, int at) {
    return text.charAt(at) == ' ' && isLetter(text.charAt(at - 1)) && isLetter(text.charAt(at + 1));
  }

  private static boolean isLetter(char c) {
    return (c >= 'a' && c <= 'z') || (c >= 'A' && c <= 'Z');
  }

  @Override
  public void close() {
    encoder.close();
  }
}
