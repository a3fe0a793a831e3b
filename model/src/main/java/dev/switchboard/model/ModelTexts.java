package dev.switchboard.model;

import dev.switchboard.model.chat.ChatTemplate;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.tokenizer.Tokenizer;
import java.nio.file.Files;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** What a model's files say of texts: the tokenizer, opened once, and the chat template. */
final class ModelTexts implements AutoCloseable {
  private final Checkpoint files;
  private final int vocabulary;
  private @Nullable Tokenizer tokenizer;

  /**
   * @param vocabulary how many ids the model has
   */
  ModelTexts(Checkpoint files, int vocabulary) {
    this.files = files;
    this.vocabulary = vocabulary;
  }

  boolean hasTokenizer() {
    return files
        .gguf()
        .map(Tokenizer::isIn)
        .orElseGet(() -> Files.isRegularFile(files.folder().resolve("tokenizer.json")));
  }

  Optional<ChatTemplate> chatTemplate() {
    return hasTokenizer()
        ? ChatTemplate.of(files, tokenizer().settings().specialTokens())
        : Optional.empty();
  }

  synchronized Tokenizer tokenizer() {
    if (tokenizer == null) {
      tokenizer = opened();
    }
    return tokenizer;
  }

  private Tokenizer opened() {
    Tokenizer opened =
        files.gguf().map(Tokenizer::ofGguf).orElseGet(() -> Tokenizer.ofFolder(files.folder()));
    int ids = opened.vocabulary();
    if (ids > vocabulary) {
      opened.close();
      throw CheckpointException.in(
          files.path(),
          "the tokenizer has ids 0 to %s, the model's vocabulary only 0 to %s: it is another"
              + " model's",
          ids - 1,
          vocabulary - 1);
    }
    return opened;
  }

  @Override
  public synchronized void close() {
    if (tokenizer != null) {
      tokenizer.close();
      tokenizer = null;
    }
  }
}
