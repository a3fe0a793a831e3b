package dev.switchboard.model.quantise;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.chat.ChatTemplate;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.GgufMetadataBuilder;
import dev.switchboard.model.checkpoint.JsonFiles;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.stream.Stream;
import org.jspecify.annotations.Nullable;

/**
 * A folder's tokenizer as a GGUF file's metadata. Two kinds are written: byte-level BPE with one of
 * the known pre-tokenizers, and SentencePiece's BPE with bytes for what it does not know.
 */
final class GgufTokenizerKeys {
  private static final String PREFIX = "tokenizer.ggml.";
  private static final int NORMAL = 1;
  private static final int UNKNOWN = 2;
  private static final int CONTROL = 3;
  private static final int USER_DEFINED = 4;
  private static final int UNUSED = 5;
  private static final int BYTE = 6;

  private static final String SHORT_FORMS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String REST =
      "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String WORD = "|[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";

  /** What a pre-tokenizer's own pattern is called in GGUF files. */
  private static final Map<String, String> KNOWN =
      Map.of(
          SHORT_FORMS + WORD + "|\\p{N}{1,3}" + REST,
          "llama-bpe",
          SHORT_FORMS + WORD + "|\\p{N}" + REST,
          "qwen2",
          "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*|\\p{N}| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+",
          "tekken");

  private final Path folder;
  private final Path file;
  private final JsonNode tokenizer;
  private final GgufMetadataBuilder keys;
  private final @Nullable String[] tokens;
  private final int[] types;

  private GgufTokenizerKeys(Path folder, GgufMetadataBuilder keys, int vocabulary) {
    this.folder = folder;
    this.file = folder.resolve("tokenizer.json");
    this.tokenizer = JsonFiles.readObject(file);
    this.keys = keys;
    this.tokens = new String[vocabulary];
    this.types = new int[vocabulary];
  }

  /**
   * Adds the keys; without a {@code tokenizer.json} the file says that it has no vocabulary.
   *
   * @throws CheckpointException naming what cannot be said in such a file
   */
  static void add(GgufMetadataBuilder keys, ModelPlan plan, Path folder) {
    if (Files.isRegularFile(folder.resolve("tokenizer.json"))) {
      new GgufTokenizerKeys(folder, keys, plan.vocabulary()).add();
    } else {
      keys.text(PREFIX + "model", "no_vocab");
    }
    plan.bos().ifPresent(id -> keys.u32(PREFIX + "bos_token_id", id));
    if (!plan.endTokens().isEmpty()) {
      keys.u32(PREFIX + "eos_token_id", plan.endTokens().getFirst());
    }
  }

  private void add() {
    JsonNode model = tokenizer.path("model");
    if (!model.path("type").asText("BPE").equals("BPE")) {
      throw refused("model.type", model.path("type"), "BPE");
    }
    readTokens(model);
    if (stages("pre_tokenizer").anyMatch(stage -> isA(stage, "ByteLevel"))) {
      keys.text(PREFIX + "model", "gpt2").text(PREFIX + "pre", preTokenizer());
      keys.texts(PREFIX + "merges", merges(model));
    } else if (model.path("byte_fallback").asBoolean()) {
      keys.text(PREFIX + "model", "llama").text(PREFIX + "pre", "default");
      keys.f32s(PREFIX + "scores", scores(model));
      keys.flag(PREFIX + "add_space_prefix", prefixesSpace());
    } else {
      throw refused(
          "pre_tokenizer", tokenizer.path("pre_tokenizer"), "ByteLevel, or byte_fallback");
    }
    keys.texts(PREFIX + "tokens", Arrays.asList(tokens)).i32s(PREFIX + "token_type", types);
    keys.flag(PREFIX + "add_bos_token", beginsWithSpecial());
    keys.flag(PREFIX + "add_eos_token", false);
    ChatTemplate.ofFolder(folder, Map.of())
        .ifPresent(template -> keys.text("tokenizer.chat_template", template.source()));
  }

  private void readTokens(JsonNode model) {
    for (Map.Entry<String, JsonNode> entry : model.path("vocab").properties()) {
      boolean isByte =
          model.path("byte_fallback").asBoolean() && entry.getKey().matches("<0x[0-9A-F]{2}>");
      boolean unknown = entry.getKey().equals(model.path("unk_token").asText(""));
      put(entry.getValue(), entry.getKey(), isByte ? BYTE : unknown ? UNKNOWN : NORMAL);
    }
    for (JsonNode added : tokenizer.path("added_tokens")) {
      String content = added.path("content").asText();
      boolean unknown = content.equals(model.path("unk_token").asText(""));
      boolean special = added.path("special").asBoolean();
      put(added.path("id"), content, unknown ? UNKNOWN : special ? CONTROL : USER_DEFINED);
    }
    for (int i = 0; i < tokens.length; i++) {
      if (tokens[i] == null) {
        tokens[i] = "[PAD" + i + "]";
        types[i] = UNUSED;
      }
    }
  }

  private void put(JsonNode id, String token, int type) {
    if (!id.canConvertToInt() || id.asInt() < 0 || id.asInt() >= tokens.length) {
      throw refused("id of " + token, id, "0 to " + (tokens.length - 1));
    }
    tokens[id.asInt()] = token;
    types[id.asInt()] = type;
  }

  /** Pairs as one string; either spelling of the file. */
  private static List<String> merges(JsonNode model) {
    List<String> merges = new ArrayList<>();
    for (JsonNode merge : model.path("merges")) {
      merges.add(
          merge.isArray() ? merge.path(0).asText() + " " + merge.path(1).asText() : merge.asText());
    }
    return merges;
  }

  /** The earlier a token is merged, the better its score: that is how the merges were made. */
  private float[] scores(JsonNode model) {
    Map<String, Integer> ranks = new HashMap<>();
    int rank = 0;
    for (String merge : merges(model)) {
      ranks.putIfAbsent(merge.replace(" ", ""), ++rank);
    }
    float[] scores = new float[tokens.length];
    for (int i = 0; i < scores.length; i++) {
      int found = ranks.getOrDefault(String.valueOf(tokens[i]), 0);
      scores[i] = types[i] == NORMAL ? (found == 0 ? -ranks.size() - 1f : -found) : 0f;
    }
    return scores;
  }

  private String preTokenizer() {
    List<JsonNode> stages = stages("pre_tokenizer").toList();
    boolean digits = stages.stream().anyMatch(stage -> isA(stage, "Digits"));
    List<String> patterns =
        stages.stream()
            .filter(stage -> isA(stage, "Split"))
            .map(stage -> stage.path("pattern").path("Regex").asText())
            .toList();
    boolean plain =
        stages.stream()
            .filter(stage -> isA(stage, "ByteLevel"))
            .anyMatch(stage -> stage.path("use_regex").asBoolean(true));
    if (patterns.isEmpty() && plain) {
      return digits ? "smollm" : "gpt-2";
    }
    String name = patterns.size() == 1 && !plain && !digits ? KNOWN.get(patterns.getFirst()) : null;
    if (name == null) {
      throw refused(
          "pre_tokenizer",
          tokenizer.path("pre_tokenizer"),
          "one of " + KNOWN.values() + ", smollm, gpt-2");
    }
    return name;
  }

  private boolean prefixesSpace() {
    boolean prepends = stages("normalizer").anyMatch(stage -> isA(stage, "Prepend"));
    return prepends
        || stages("pre_tokenizer")
            .filter(stage -> isA(stage, "Metaspace"))
            .anyMatch(stage -> !stage.path("prepend_scheme").asText("always").equals("never"));
  }

  private boolean beginsWithSpecial() {
    return stages("post_processor")
        .anyMatch(stage -> stage.path("single").path(0).has("SpecialToken"));
  }

  /** The stages of a part of the tokenizer, whether it is a sequence or one. */
  private Stream<JsonNode> stages(String part) {
    JsonNode node = tokenizer.path(part);
    for (String list : List.of("pretokenizers", "normalizers", "processors")) {
      if (node.has(list)) {
        return node.get(list).valueStream();
      }
    }
    return node.isObject() ? Stream.of(node) : Stream.empty();
  }

  private static boolean isA(JsonNode stage, String type) {
    return stage.path("type").asText().equals(type);
  }

  private CheckpointException refused(String key, JsonNode found, String expected) {
    String text = found.toString();
    return CheckpointException.in(
        file,
        "%s is %s; a GGUF file is written for %s",
        key,
        text.length() > 200 ? text.substring(0, 200) + "…" : text,
        expected);
  }
}
