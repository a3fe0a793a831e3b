package dev.switchboard.model.tokenizer;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.GgufMetadata;
import dev.switchboard.model.checkpoint.JsonFiles;
import java.nio.file.Path;
import java.util.Map;

/** The tokenizer of a GGUF file as the files of a Hugging Face folder. */
public final class TokenizerExport {
  private static final JsonNodeFactory JSON = JsonNodeFactory.instance;

  private TokenizerExport() {}

  /**
   * Writes {@code tokenizer.json} and {@code tokenizer_config.json}, chat template included.
   *
   * @return why there is none, for people; empty if they were written
   * @throws CheckpointException if the metadata are not sound, or the files cannot be written
   */
  public static String write(GgufMetadata metadata, Path folder) {
    if (!GgufTokenizers.isThere(metadata)) {
      return "the file brings no tokenizer";
    }
    if (!metadata.text("tokenizer.ggml.model").equals("gpt2")) {
      return "its tokenizer (%s) has no merges, so there is no tokenizer.json for it: take the original's"
          .formatted(metadata.text("tokenizer.ggml.model"));
    }
    GgufTokenizers source = GgufTokenizers.of(metadata);
    JsonFiles.write(folder.resolve("tokenizer.json"), tokenizer(source));
    JsonFiles.write(folder.resolve("tokenizer_config.json"), config(source, metadata));
    return "";
  }

  private static JsonNode tokenizer(GgufTokenizers source) {
    ObjectNode json = (ObjectNode) JsonFiles.parse("tokenizer", source.mergesJson());
    json.set("post_processor", postProcessor(source));
    json.set(
        "decoder",
        JSON.objectNode()
            .put("type", "ByteLevel")
            .put("add_prefix_space", true)
            .put("trim_offsets", true)
            .put("use_regex", true));
    return json;
  }

  /** What stands before and after a text. */
  private static JsonNode postProcessor(GgufTokenizers source) {
    ObjectNode processor = JSON.objectNode().put("type", "TemplateProcessing");
    ArrayNode single = processor.putArray("single");
    ArrayNode pair = processor.putArray("pair");
    ObjectNode special = JSON.objectNode();
    if (source.addsBos()) {
      affix(source, "bos_token", single, special, "A");
      affix(source, "bos_token", pair, special, "A");
    }
    sequence(single, "A");
    sequence(pair, "A");
    sequence(pair, "B");
    if (source.addsEos()) {
      affix(source, "eos_token", single, special, "A");
      affix(source, "eos_token", pair, special, "B");
    }
    processor.set("special_tokens", special);
    return processor;
  }

  private static void sequence(ArrayNode list, String id) {
    list.addObject().putObject("Sequence").put("id", id).put("type_id", id.equals("A") ? 0 : 1);
  }

  private static void affix(
      GgufTokenizers source, String name, ArrayNode list, ObjectNode special, String of) {
    Integer id = source.specialIds().get(name);
    if (id == null) {
      return;
    }
    String text = source.text(id);
    list.addObject()
        .putObject("SpecialToken")
        .put("id", text)
        .put("type_id", of.equals("A") ? 0 : 1);
    ObjectNode entry = JSON.objectNode().put("id", text);
    entry.putArray("ids").add(id);
    entry.putArray("tokens").add(text);
    special.set(text, entry);
  }

  private static ObjectNode config(GgufTokenizers source, GgufMetadata metadata) {
    ObjectNode config = JSON.objectNode();
    config.put("tokenizer_class", "PreTrainedTokenizerFast");
    for (Map.Entry<String, Integer> token : source.specialIds().entrySet()) {
      config.put(token.getKey(), source.text(token.getValue()));
    }
    config.put("add_bos_token", source.addsBos());
    config.put("add_eos_token", source.addsEos());
    config.put("clean_up_tokenization_spaces", false);
    if (metadata.has("tokenizer.chat_template")) {
      config.put("chat_template", metadata.text("tokenizer.chat_template"));
    }
    return config;
  }
}
