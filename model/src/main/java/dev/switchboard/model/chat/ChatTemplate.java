package dev.switchboard.model.chat;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.jinja.JinjaException;
import dev.switchboard.model.jinja.Template;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Clock;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A model's own chat template (Jinja, with what Hugging Face transformers gives templates): {@code
 * chat_template.jinja}, or {@code chat_template} of {@code tokenizer_config.json}, or {@code
 * tokenizer.chat_template} of a GGUF file. It is read when first used: a model whose template is
 * broken still continues texts.
 */
public final class ChatTemplate {
  private static final String FILE = "chat_template.jinja";
  private static final String SETTINGS = "tokenizer_config.json";
  private static final String KEY = "chat_template";
  private static final String GGUF_KEY = "tokenizer.chat_template";

  private final String label;
  private final String source;
  private final Map<String, String> specialTokens;
  private final Clock clock;
  private @Nullable Template template;

  private ChatTemplate(
      String label, String source, Map<String, String> specialTokens, Clock clock) {
    this.label = label;
    this.source = source;
    this.specialTokens = specialTokens;
    this.clock = clock;
  }

  /** Whether a model brings one. */
  public static boolean isIn(Checkpoint checkpoint) {
    return of(checkpoint, Map.of()).isPresent();
  }

  /**
   * The template of a model, if it brings one; of several that {@code tokenizer_config.json} names,
   * the one called {@code default}, else the first.
   *
   * @param specialTokens {@code bos_token} and others, as they are written in texts
   * @throws CheckpointException if a file cannot be read
   */
  public static Optional<ChatTemplate> of(
      Checkpoint checkpoint, Map<String, String> specialTokens) {
    Clock clock = Clock.systemDefaultZone();
    if (checkpoint.gguf().isPresent()) {
      return checkpoint
          .gguf()
          .filter(metadata -> metadata.has(GGUF_KEY))
          .map(metadata ->
              new ChatTemplate(
                  checkpoint.path() + ": " + GGUF_KEY,
                  metadata.text(GGUF_KEY),
                  specialTokens,
                  clock));
    }
    return ofFolder(checkpoint.folder(), specialTokens);
  }

  /**
   * The template of a Hugging Face folder.
   *
   * @throws CheckpointException if a file cannot be read
   */
  public static Optional<ChatTemplate> ofFolder(Path folder, Map<String, String> specialTokens) {
    Clock clock = Clock.systemDefaultZone();
    Path own = folder.resolve(FILE);
    if (Files.isRegularFile(own)) {
      return Optional.of(new ChatTemplate(own.toString(), read(own), specialTokens, clock));
    }
    Path settings = folder.resolve(SETTINGS);
    return named(settings)
        .map(text -> new ChatTemplate(settings + ": " + KEY, text, specialTokens, clock));
  }

  /** Of a template by itself. */
  static ChatTemplate of(
      String label, String source, Map<String, String> specialTokens, Clock clock) {
    return new ChatTemplate(label, source, specialTokens, clock);
  }

  private static Optional<String> named(Path settings) {
    if (!Files.isRegularFile(settings)) {
      return Optional.empty();
    }
    var value = JsonFiles.readObject(settings).path(KEY);
    if (value.isTextual()) {
      return Optional.of(value.textValue());
    }
    Map<String, String> byName = new LinkedHashMap<>();
    value.forEach(one -> byName.put(one.path("name").asText(), one.path("template").asText()));
    return byName.containsKey("default")
        ? Optional.ofNullable(byName.get("default"))
        : byName.values().stream().findFirst();
  }

  private static String read(Path file) {
    try {
      return Files.readString(file);
    } catch (IOException e) {
      throw new CheckpointException(file + ": cannot be read: " + e.getMessage(), e);
    }
  }

  /**
   * The prompt of a chat, up to where the answer begins. Its special tokens are written out: encode
   * it without adding any.
   *
   * @throws CheckpointException naming the template, the line and the construct that cannot be
   *     rendered, or what the template itself refuses
   */
  public String render(List<ChatMessage> messages) {
    Map<String, @Nullable Object> values = new LinkedHashMap<>(specialTokens);
    values.put("messages", messages.stream().map(ChatTemplate::values).toList());
    values.put("add_generation_prompt", true);
    // As transformers does: templates ask whether they are none, not whether they are there.
    values.put("tools", null);
    values.put("documents", null);
    try {
      return template().render(values, clock);
    } catch (JinjaException e) {
      throw new CheckpointException(label + ": " + e.getMessage(), e);
    }
  }

  /** In an order of their own: templates may write a message as JSON. */
  private static Map<String, Object> values(ChatMessage message) {
    Map<String, Object> values = new LinkedHashMap<>();
    values.put("role", message.role());
    values.put("content", message.content());
    return values;
  }

  /** The template itself. */
  public String source() {
    return source;
  }

  private synchronized Template template() {
    if (template == null) {
      template = Template.of(source);
    }
    return template;
  }
}
