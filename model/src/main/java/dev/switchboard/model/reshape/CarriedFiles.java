package dev.switchboard.model.reshape;

import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.GgufMetadata;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.tokenizer.TokenizerExport;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;

/** Tokenizer, chat template and generation settings, carried over to a new folder. */
final class CarriedFiles {
  private static final List<String> NAMES =
      List.of(
          "tokenizer.json",
          "tokenizer_config.json",
          "tokenizer.model",
          "special_tokens_map.json",
          "added_tokens.json",
          "vocab.json",
          "merges.txt",
          "chat_template.jinja",
          "generation_config.json",
          "LICENSE",
          "LICENSE.txt",
          "NOTICE");

  private CarriedFiles() {}

  /**
   * Of a folder, or of the metadata of a GGUF file.
   *
   * @return what could not be carried over, for people; empty if all is
   * @throws CheckpointException if a file cannot be read or written
   */
  static String carry(Checkpoint from, ModelPlan plan, Path to) {
    if (from.gguf().isPresent()) {
      return metadata(from.gguf().get(), plan, to);
    }
    for (String name : NAMES) {
      Path file = from.folder().resolve(name);
      if (Files.isRegularFile(file)) {
        try {
          Files.copy(file, to.resolve(name));
        } catch (IOException e) {
          throw new CheckpointException("%s: cannot be copied: %s".formatted(file, e), e);
        }
      }
    }
    return Files.isRegularFile(to.resolve("tokenizer.json")) ? "" : "it brings no tokenizer.json";
  }

  private static String metadata(GgufMetadata metadata, ModelPlan plan, Path to) {
    ObjectNode generation = JsonNodeFactory.instance.objectNode();
    plan.bos().ifPresent(id -> generation.put("bos_token_id", id));
    if (plan.endTokens().size() == 1) {
      generation.put("eos_token_id", plan.endTokens().getFirst());
    } else if (!plan.endTokens().isEmpty()) {
      ArrayNode ends = generation.putArray("eos_token_id");
      plan.endTokens().forEach(ends::add);
    }
    JsonFiles.write(to.resolve("generation_config.json"), generation);
    return TokenizerExport.write(metadata, to);
  }
}
