package dev.switchboard.model.gguf;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.Tensor;
import java.util.Map;
import java.util.function.Consumer;

/**
 * A file's content in the words of a family.
 *
 * @param finish what is left to do with the renamed tensors
 */
record GgufModel(JsonNode config, GgufNames names, Consumer<Map<String, Tensor>> finish) {
  GgufModel(JsonNode config, GgufNames names) {
    this(config, names, tensors -> {});
  }

  Checkpoint over(GgufSource source) {
    Map<String, Tensor> tensors = names.rename(source);
    finish.accept(tensors);
    return source.checkpoint().as(config, tensors);
  }
}
