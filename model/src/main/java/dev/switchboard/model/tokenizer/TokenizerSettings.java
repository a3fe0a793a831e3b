package dev.switchboard.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.JsonFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What {@code tokenizer_config.json} says beside the tokenizer.
 *
 * @param specialTokens by name ({@code bos_token}, {@code eos_token}, ...) how they are written
 * @param addBos whether a prompt begins with the first; empty: as the tokenizer itself says
 * @param addEos whether a prompt ends with the second; empty: as the tokenizer itself says
 * @param ends how the tokens are written that end an answer
 */
public record TokenizerSettings(
    Map<String, String> specialTokens,
    Optional<Boolean> addBos,
    Optional<Boolean> addEos,
    Set<String> ends) {
  static final TokenizerSettings NONE =
      new TokenizerSettings(Map.of(), Optional.empty(), Optional.empty(), Set.of());

  public TokenizerSettings {
    specialTokens = Map.copyOf(specialTokens);
    ends = Set.copyOf(ends);
  }

  /**
   * Reads the settings of a model folder; older ones keep the tokens in {@code
   * special_tokens_map.json}.
   *
   * @throws CheckpointException if a file is not sound
   */
  static TokenizerSettings ofFolder(Path folder) {
    Map<String, String> tokens = new TreeMap<>();
    Path older = folder.resolve("special_tokens_map.json");
    if (Files.isRegularFile(older)) {
      readTokens(JsonFiles.readObject(older), tokens);
    }
    Path file = folder.resolve("tokenizer_config.json");
    if (!Files.isRegularFile(file)) {
      return new TokenizerSettings(tokens, Optional.empty(), Optional.empty(), ends(tokens));
    }
    JsonNode config = JsonFiles.readObject(file);
    readTokens(config, tokens);
    return new TokenizerSettings(
        tokens,
        flag(file, config, "add_bos_token"),
        flag(file, config, "add_eos_token"),
        ends(tokens));
  }

  private static Set<String> ends(Map<String, String> tokens) {
    String end = tokens.get("eos_token");
    return end == null ? Set.of() : Set.of(end);
  }

  private static void readTokens(JsonNode object, Map<String, String> tokens) {
    object
        .properties()
        .forEach(entry -> {
          JsonNode value = entry.getValue();
          JsonNode text = value.isObject() ? value.path("content") : value;
          if (entry.getKey().endsWith("_token") && text.isTextual()) {
            tokens.put(entry.getKey(), text.asText());
          }
        });
  }

  private static Optional<Boolean> flag(Path file, JsonNode config, String key) {
    JsonNode value = config.path(key);
    if (!value.isMissingNode() && !value.isNull() && !value.isBoolean()) {
      throw CheckpointException.in(file, "%s: expected true or false, found %s", key, value);
    }
    return value.isBoolean() ? Optional.of(value.booleanValue()) : Optional.empty();
  }
}
