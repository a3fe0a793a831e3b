package dev.switchboard.training.data;

import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.nio.file.Path;

/** A tokenizer with one token a byte. */
public final class ByteTokenizer {
  private ByteTokenizer() {}

  /** Writes it into {@code folder} and returns the file. */
  public static Path in(Path folder) throws IOException {
    ObjectMapper json = new ObjectMapper();
    ObjectNode root = json.createObjectNode();
    root.put("version", "1.0");
    root.putArray("added_tokens")
        .addObject()
        .put("id", 0)
        .put("content", "<|endoftext|>")
        .put("single_word", false)
        .put("lstrip", false)
        .put("rstrip", false)
        .put("normalized", false)
        .put("special", true);
    root.putObject("pre_tokenizer")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", true);
    root.putObject("decoder")
        .put("type", "ByteLevel")
        .put("add_prefix_space", false)
        .put("trim_offsets", false)
        .put("use_regex", true);
    ObjectNode model = root.putObject("model").put("type", "BPE");
    ObjectNode vocabulary = model.putObject("vocab").put("<|endoftext|>", 0);
    int id = 1;
    int hidden = 0;
    for (int value = 0; value < 256; value++) {
      boolean shown = (value > 32 && value < 127) || (value > 160 && value != 173);
      vocabulary.put(String.valueOf((char) (shown ? value : 256 + hidden++)), id++);
    }
    model.putArray("merges");
    Path file = folder.resolve("tokenizer.json");
    json.writeValue(file.toFile(), root);
    return file;
  }
}
