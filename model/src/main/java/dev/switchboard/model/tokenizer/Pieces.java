package dev.switchboard.model.tokenizer;

import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.GgufMetadata;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;

/**
 * The vocabulary in a GGUF file's metadata.
 *
 * @param texts by id
 * @param types by id, see the constants
 */
record Pieces(List<String> texts, int[] types) {
  static final String TOKENS = "tokenizer.ggml.tokens";
  static final String TYPES = "tokenizer.ggml.token_type";

  static final int NORMAL = 1;
  static final int UNKNOWN = 2;
  static final int CONTROL = 3;
  static final int USER_DEFINED = 4;

  /** Tokens that end an answer, whatever the file says of them. */
  private static final Set<String> ENDS =
      Set.of(
          "<|eot_id|>",
          "<|im_end|>",
          "<|end|>",
          "<|return|>",
          "<|call|>",
          "<end_of_turn>",
          "<|endoftext|>",
          "</s>",
          "<|eom_id|>",
          "<EOT>",
          "_<EOT>",
          "[EOT]",
          "[EOS]",
          "<|end_of_text|>",
          "<end_of_utterance>",
          "<eos>",
          "<｜end▁of▁sentence｜>");

  Pieces {
    texts = List.copyOf(texts);
    types = types.clone();
  }

  /**
   * @throws CheckpointException for a token that stands there twice, or lists of unequal length
   */
  static Pieces read(GgufMetadata metadata) {
    List<String> texts = new ArrayList<>(metadata.texts(TOKENS));
    if (texts.isEmpty() || texts.size() > Vocabulary.MAX_ID) {
      throw CheckpointException.in(
          metadata.file(),
          "key %s has %s entries; expected 1 to %s",
          TOKENS,
          texts.size(),
          Vocabulary.MAX_ID);
    }
    Set<String> seen = new HashSet<>();
    for (int id = 0; id < texts.size(); id++) {
      if (texts.get(id).isEmpty()) {
        texts.set(id, "[EMPTY_" + id + "]");
      }
      if (!seen.add(texts.get(id))) {
        throw CheckpointException.in(
            metadata.file(), "key %s has \"%s\" twice, again as %s", TOKENS, texts.get(id), id);
      }
    }
    int[] types = types(metadata, texts.size());
    for (int id = 0; id < types.length; id++) {
      types[id] = types[id] == NORMAL && ENDS.contains(texts.get(id)) ? CONTROL : types[id];
    }
    return new Pieces(texts, types);
  }

  private static int[] types(GgufMetadata metadata, int count) {
    int[] types = new int[count];
    if (!metadata.has(TYPES)) {
      Arrays.fill(types, NORMAL);
      return types;
    }
    long[] given = metadata.integers(TYPES);
    requireLength(metadata, TYPES, given.length, count);
    for (int i = 0; i < count; i++) {
      types[i] = given[i] >= 0 && given[i] < 16 ? (int) given[i] : 0;
    }
    return types;
  }

  static void requireLength(GgufMetadata metadata, String key, int found, int count) {
    if (found < count) {
      throw CheckpointException.in(
          metadata.file(), "key %s has %s entries; expected %s, as %s", key, found, count, TOKENS);
    }
  }

  /** Tokens that are known to end an answer. */
  Set<String> endsByText() {
    Set<String> ends = new HashSet<>(texts);
    ends.retainAll(ENDS);
    if (ends.containsAll(List.of("<|return|>", "<|call|>"))) {
      // Harmony: there it ends a message, not the answer.
      ends.remove("<|end|>");
    }
    return ends;
  }

  /** Whether a token has no text of its own. */
  boolean isSpecial(int id) {
    return types[id] == CONTROL || types[id] == UNKNOWN;
  }

  /** Whether a token becomes itself wherever it is written. */
  boolean isAdded(int id) {
    return isSpecial(id) || types[id] == USER_DEFINED;
  }

  /** Those that become themselves wherever they are written, in the order of their ids. */
  Map<Integer, String> added() {
    Map<Integer, String> added = new TreeMap<>();
    for (int id = 0; id < types.length; id++) {
      if (isAdded(id)) {
        added.put(id, texts.get(id));
      }
    }
    return added;
  }

  Vocabulary vocabulary(String label, boolean byteLevel) {
    Vocabulary.Builder builder = new Vocabulary.Builder(label, byteLevel);
    for (int id = 0; id < texts.size(); id++) {
      if (isAdded(id)) {
        builder.added(id, texts.get(id), isSpecial(id));
      } else {
        builder.piece(id, texts.get(id));
      }
    }
    return builder.build();
  }
}
