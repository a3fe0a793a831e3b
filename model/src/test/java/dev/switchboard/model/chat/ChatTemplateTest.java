package dev.switchboard.model.chat;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.Model;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.JsonFiles;
import java.nio.file.Path;
import java.time.Clock;
import java.util.ArrayList;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Rendered and encoded as Hugging Face transformers did it; see golden/README.md. */
class ChatTemplateTest {
  private static final List<ChatMessage> HELLO = List.of(new ChatMessage("user", "hello"));

  @ParameterizedTest
  @ValueSource(strings = {"mixtral", "qwen3_moe", "granitemoehybrid"})
  void rendersAndEncodesAsTheReference(String family) {
    Path folder = Path.of("src/test/resources/golden/hf", family);
    JsonNode chat = JsonFiles.readObject(folder.resolve("expected.json")).path("text").path("chat");
    List<ChatMessage> messages = new ArrayList<>();
    chat.path("messages")
        .forEach(message ->
            messages.add(
                new ChatMessage(message.path("role").asText(), message.path("content").asText())));
    List<Integer> ids = new ArrayList<>();
    chat.path("ids").forEach(id -> ids.add(id.asInt()));

    try (Model model = Model.open(folder)) {
      String prompt = model.chatTemplate().orElseThrow().render(messages);

      assertThat(prompt).isEqualTo(chat.path("rendered").asText());
      assertThat(model.tokenizer().encode(prompt)).containsExactly(ints(ids));
    }
  }

  private static int[] ints(List<Integer> values) {
    return values.stream().mapToInt(value -> value).toArray();
  }

  private static ChatTemplate template(String source) {
    return ChatTemplate.of("model: chat_template", source, Map.of(), Clock.systemUTC());
  }

  @Test
  void whatCannotBeRenderedIsNamed() {
    assertThatThrownBy(() -> template("{% import 'x' as y %}").render(HELLO))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("model: chat_template")
        .hasMessageContaining("import");
    assertThatThrownBy(() -> template("{{ raise_exception('no tools') }}").render(HELLO))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("no tools");
  }

  @Test
  void aTemplateThatLoopsForEverIsStopped() {
    String loops =
        "{% for a in range(100000) %}{% for b in range(100000) %}{% for c in range(100000) %}"
            + "{% endfor %}{% endfor %}{% endfor %}";
    assertThatThrownBy(() -> template(loops).render(HELLO))
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("model: chat_template");
    assertThatThrownBy(
            () -> template("{% macro f() %}{{ f() }}{% endmacro %}{{ f() }}").render(HELLO))
        .isInstanceOf(CheckpointException.class);
  }
}
