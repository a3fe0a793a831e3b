package dev.switchboard.model.tokenizer;

import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;

/**
 * The pre-tokenizers that {@code tokenizer.ggml.pre} names: regular expressions, one after the
 * other, each cutting what the one before it left. They are those of the models' own {@code
 * tokenizer.json}; where llama.cpp has an approximation instead (its matcher knows no {@code
 * \p{Lu}}), texts with letters beyond ASCII may differ from it.
 */
final class PreTokenizers {
  /** When a file names none. */
  static final String DEFAULT = "default";

  /**
   * One of them.
   *
   * @param patterns in their order
   * @param wholeWords whether a word that is a token needs no merges
   * @param begins whether prompts begin with the first token unless the file says otherwise
   */
  record Cut(List<String> patterns, boolean wholeWords, boolean begins) {
    Cut {
      patterns = List.copyOf(patterns);
    }
  }

  private static final String SHORT_FORMS = "(?i:'s|'t|'re|'ve|'m|'ll|'d)";
  private static final String SPACES = "|\\s*[\\r\\n]+|\\s+(?!\\S)|\\s+";
  private static final String OTHERS = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n]*";
  private static final String WORD = "[^\\r\\n\\p{L}\\p{N}]?\\p{L}+";

  static final String GPT2 =
      "'s|'t|'re|'ve|'m|'ll|'d| ?\\p{L}+| ?\\p{N}+| ?[^\\s\\p{L}\\p{N}]+|\\s+(?!\\S)|\\s+";
  private static final String LLAMA3 = SHORT_FORMS + "|" + WORD + "|\\p{N}{1,3}" + OTHERS + SPACES;
  private static final String QWEN2 = SHORT_FORMS + "|" + WORD + "|\\p{N}" + OTHERS + SPACES;
  private static final String CASED_WORDS =
      "[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]*[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]+%1$s"
          + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{Lu}\\p{Lt}\\p{Lm}\\p{Lo}\\p{M}]+[\\p{Ll}\\p{Lm}\\p{Lo}\\p{M}]*%1$s";
  private static final String WITH_SLASHES = "| ?[^\\s\\p{L}\\p{N}]+[\\r\\n/]*";
  private static final String GPT4O =
      CASED_WORDS.formatted(SHORT_FORMS + "?") + "|\\p{N}{1,3}" + WITH_SLASHES + SPACES;
  private static final String TEKKEN =
      CASED_WORDS.formatted("") + "|\\p{N}" + WITH_SLASHES + SPACES;
  private static final String SIGNED_WORDS =
      "[!\"#$%&'()*+,\\-./:;<=>?@\\[\\\\\\]^_`{|}~][A-Za-z]+|[^\\r\\n\\p{L}\\p{P}\\p{S}]?[\\p{L}\\p{M}]+| ?[\\p{P}\\p{S}]+[\\r\\n]*"
          + SPACES;
  private static final String BLOOM = " ?[^(\\s|.,!?…。，、।۔،)]+";
  private static final String HAN_KANA = "[一-龥\u3040-ゟ゠-ヿ]+";
  private static final String HAN_OLD = "[一-龥ࠀ-一가-\uD7FF]+";

  /**
   * Expressions by which a match ends between an ASCII letter and a space, whatever stands around
   * them, and the next one begins there if a letter follows.
   */
  static final Set<String> ENDING_AT_SPACES =
      Set.of(GPT2, LLAMA3, QWEN2, GPT4O, TEKKEN, WORD + "|\\p{N}" + OTHERS + SPACES);

  /** Expressions that part digits from all else. */
  static final Set<String> DIGITS = Set.of("\\p{N}", "\\p{N}{1,3}");

  private static final Map<String, Cut> CUTS = cuts();

  private PreTokenizers() {}

  /** By the name in the file; empty: it is not known. */
  static Optional<Cut> named(String name) {
    return Optional.ofNullable(CUTS.get(name));
  }

  private static Map<String, Cut> cuts() {
    Map<String, Cut> cuts = new HashMap<>();
    for (String name :
        List.of(
            "llama3",
            "llama-v3",
            "llama-bpe",
            "falcon3",
            "falcon-h1",
            "pixtral",
            "midm-2.0",
            "lfm2")) {
      cuts.put(name, new Cut(List.of(LLAMA3), true, true));
    }
    put(cuts, List.of(LLAMA3), "dbrx", "smaug-bpe", "chatglm-bpe", "glm4");
    put(cuts, List.of(QWEN2), "qwen2", "deepseek-r1-qwen", "kormo", "megrez", "stablelm2");
    put(cuts, List.of(QWEN2), "hunyuan", "solar-open", "grok-2");
    put(cuts, List.of(GPT2), "gpt-2", "phi-2", "mpt", "olmo", "jais", "trillion", "exaone4");
    put(cuts, List.of(GPT2), "gigachat", "a.x-4.0", "mellum", "granite-docling");
    put(cuts, List.of("\\p{N}", GPT2), "smollm", "starcoder", "refact", "command-r");
    put(cuts, List.of("\\p{N}", GPT2), "codeshell", "exaone", "minerva-7b", "mellum2");
    put(cuts, List.of(GPT4O), "gpt-4o", "llama4", "kanana2", "minimax-m2");
    put(cuts, List.of("\\p{N}{1,3}", HAN_KANA, SIGNED_WORDS), "deepseek-v3", "hunyuan-dense");
    put(cuts, List.of("\\p{N}{1,3}", HAN_KANA, SIGNED_WORDS), "joyai-llm");
    put(cuts, List.of(BLOOM), "bloom", "poro-chat", "gpt3-finnish");
    put(cuts, List.of(BLOOM, "\\p{N}"), "viking");
    cuts.put("tekken", new Cut(List.of(TEKKEN), true, true));
    putOlder(cuts);
    putSingle(cuts);
    return Map.copyOf(cuts);
  }

  private static void putOlder(Map<String, Cut> cuts) {
    put(
        cuts,
        List.of(
            "[\\r\\n]",
            "\\s?" + OlderLetters.CASED,
            "\\s?[!-/:-~！-／：-～‘-‟\u3000-。]+",
            "\\s+$",
            HAN_OLD,
            "\\p{N}+"),
        "deepseek-llm");
    put(
        cuts,
        List.of("[\\r\\n]", "\\s?\\p{L}+", "\\s?\\p{P}+", HAN_OLD, "\\p{N}"),
        "deepseek-coder");
    put(cuts, List.of("[\\p{P}\\$\\+<=>\\^~\\|`]+", GPT2, "[0-9][0-9][0-9]"), "falcon");
    put(cuts, List.of("[\\p{P}\\$\\+<=>\\^~\\|]+", GPT2, "\\p{N}+", "[0-9][0-9][0-9]"), DEFAULT);
  }

  /** Those that one model family has for itself. */
  private static void putSingle(Map<String, Cut> cuts) {
    put(
        cuts,
        List.of(
            SHORT_FORMS
                + "|[^\\r\\n\\p{L}\\p{N}]?[\\p{L}\\p{M}]+|\\p{N}| ?[^\\s\\p{L}\\p{M}\\p{N}]+[\\r\\n]*"
                + SPACES),
        "qwen35");
    put(
        cuts,
        List.of(
            "'(?i:[sdmt]|ll|ve|re)|"
                + WORD
                + "|\\p{N}"
                + OTHERS
                + "|\\s*[\\r\\n]|\\s+(?!\\S)|\\s+"),
        "bailingmoe",
        "bailingmoe2",
        "llada-moe");
    put(
        cuts,
        List.of(SHORT_FORMS + "|" + WORD + "|\\p{N}| ?[^\\s\\p{L}\\p{N}\\r\\n]+" + SPACES),
        "seed-coder");
    put(cuts, List.of("\\d{1,3}(?=(?:\\d{3})*\\b)", GPT4O), "tiny_aya", "cohere2moe");
    String notHan = "&&[^\\p{Han}]";
    put(
        cuts,
        List.of(
            "\\p{Han}+|"
                + CASED_WORDS
                    .formatted(SHORT_FORMS + "?")
                    .replace("\\p{M}]", "\\p{M}" + notHan + "]")
                + "|\\p{N}{1,3}"
                + OTHERS
                + SPACES),
        "kimi-k2");
    cuts.put(
        "minicpm5",
        new Cut(
            List.of("\\p{N}{1,3}", SHORT_FORMS + "|" + WORD + "|\\p{N}+" + OTHERS + SPACES),
            true,
            false));
  }

  private static void put(Map<String, Cut> cuts, List<String> patterns, String... names) {
    for (String name : names) {
      cuts.put(name, new Cut(patterns, false, false));
    }
  }
}
