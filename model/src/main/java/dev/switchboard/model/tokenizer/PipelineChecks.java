package dev.switchboard.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.util.Set;

/**
 * Checks the normalizer and the pre-tokenizer of a {@code tokenizer.json} before the native library
 * sees them: known kinds only, and no regular expression or table that could end the process.
 */
final class PipelineChecks {
  private static final Set<String> NORMALIZERS =
      Set.of(
          "NFC",
          "NFD",
          "NFKC",
          "NFKD",
          "Lowercase",
          "Strip",
          "StripAccents",
          "Nmt",
          "Prepend",
          "BertNormalizer",
          "ByteLevel");
  private static final Set<String> PRE_TOKENIZERS =
      Set.of(
          "ByteLevel",
          "Metaspace",
          "Whitespace",
          "WhitespaceSplit",
          "Punctuation",
          "Digits",
          "BertPreTokenizer",
          "UnicodeScripts",
          "CharDelimiterSplit");

  private final String label;

  /**
   * @param label names the file in messages
   */
  PipelineChecks(String label) {
    this.label = label;
  }

  void normalizer(JsonNode node) {
    String type = node.path("type").asText("");
    switch (type) {
      case "" -> requireNull("normalizer", node);
      case "Sequence" -> node.path("normalizers").forEach(this::normalizer);
      case "Replace" -> pattern("normalizer", node);
      case "Precompiled" -> CharsMap.check(label, node.path("precompiled_charsmap").asText(""));
      default -> requireKnown("normalizer", type, NORMALIZERS);
    }
  }

  void preTokenizer(JsonNode node) {
    String type = node.path("type").asText("");
    switch (type) {
      case "" -> requireNull("pre_tokenizer", node);
      case "Sequence" -> node.path("pretokenizers").forEach(this::preTokenizer);
      case "Split" -> pattern("pre_tokenizer", node);
      default -> requireKnown("pre_tokenizer", type, PRE_TOKENIZERS);
    }
  }

  private void pattern(String key, JsonNode node) {
    JsonNode pattern = node.path("pattern");
    String text = pattern.path("String").asText(pattern.path("Regex").asText(""));
    if (text.isEmpty()) {
      throw new CheckpointException(
          "%s: %s: expected a pattern, found %s".formatted(label, key, pattern));
    }
    if (!pattern.has("Regex")) {
      return;
    }
    try {
      PatternShape.check(text);
    } catch (IllegalArgumentException e) {
      throw new CheckpointException(
          "%s: %s: the regular expression \"%s\" is not supported: %s"
              .formatted(label, key, text, e.getMessage()),
          e);
    }
  }

  private void requireNull(String key, JsonNode node) {
    if (!node.isNull() && !node.isMissingNode()) {
      throw new CheckpointException("%s: %s has no type".formatted(label, key));
    }
  }

  private void requireKnown(String key, String type, Set<String> known) {
    if (!known.contains(type)) {
      throw new CheckpointException("%s: %s.type \"%s\" is not known".formatted(label, key, type));
    }
  }
}
