package dev.switchboard.model.testing;

import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.List;

/** A byte-level BPE tokenizer: two special tokens, 256 bytes, a few merges. */
final class TinyTokenizer {
  private static final List<List<String>> MERGES =
      List.of(
          List.of("i", "n"),
          List.of("t", "h"),
          List.of("e", "r"),
          List.of("o", "n"),
          List.of("p", "r"),
          List.of("pr", "in"),
          List.of("prin", "t"),
          List.of("Ġ", "th"));

  static final int SIZE = 2 + 256 + MERGES.size();

  private TinyTokenizer() {}

  static ObjectNode json() {
    ObjectNode json = JsonNodeFactory.instance.objectNode();
    json.put("version", "1.0").putNull("truncation").putNull("padding");
    special(json, 0, "<|endoftext|>");
    special(json, 1, "<|pad|>");
    json.putNull("normalizer");
    ObjectNode byteLevel = json.putObject("pre_tokenizer").put("type", "ByteLevel");
    byteLevel.put("add_prefix_space", false).put("trim_offsets", true).put("use_regex", true);
    json.putNull("post_processor");
    json.set("decoder", byteLevel.deepCopy());
    model(json.putObject("model"));
    return json;
  }

  private static void model(ObjectNode model) {
    model.put("type", "BPE").putNull("dropout").putNull("unk_token");
    model.putNull("continuing_subword_prefix").putNull("end_of_word_suffix");
    model.put("fuse_unk", false).put("byte_fallback", false).put("ignore_merges", false);
    ObjectNode vocabulary = model.putObject("vocab").put("<|endoftext|>", 0).put("<|pad|>", 1);
    int standIn = 0x100;
    for (int value = 0; value < 256; value++) {
      boolean printable = (value >= 0x21 && value <= 0x7E) || (value >= 0xA1 && value != 0xAD);
      vocabulary.put(String.valueOf((char) (printable ? value : standIn++)), 2 + value);
    }
    for (List<String> merge : MERGES) {
      vocabulary.put(String.join("", merge), vocabulary.size());
      model.withArray("merges").addArray().add(merge.get(0)).add(merge.get(1));
    }
  }

  private static void special(ObjectNode json, int id, String content) {
    ObjectNode token =
        json.withArray("added_tokens").addObject().put("id", id).put("content", content);
    token.put("single_word", false).put("lstrip", false).put("rstrip", false);
    token.put("normalized", false).put("special", true);
  }
}
