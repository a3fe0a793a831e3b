package dev.switchboard.model.jinja;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.core.type.TypeReference;
import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.ObjectNode;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.time.Clock;
import java.time.Instant;
import java.time.ZoneOffset;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Against jinja2 3.1.6, set up as transformers does (trimmed and stripped blocks, loop controls,
 * the immutable sandbox, its {@code tojson}), recorded: constructs one by one, and templates
 * written for these tests in the style of public models' with chats of many shapes.
 */
class Jinja2Test {
  private static final ObjectMapper MAPPER = new ObjectMapper();
  private static final JsonNode RECORDED = recorded();
  private static final Clock CLOCK =
      Clock.fixed(Instant.parse("2026-11-02T09:05:07Z"), ZoneOffset.UTC);

  static List<JsonNode> constructs() {
    return list(RECORDED.path("constructs"));
  }

  @ParameterizedTest
  @MethodSource("constructs")
  void constructsAreJinja2s(JsonNode construct) {
    assertRenders(construct.path("template").asText(), RECORDED.path("context"), construct);
  }

  static List<String> templates() {
    return RECORDED.path("templates").properties().stream().map(Map.Entry::getKey).toList();
  }

  @ParameterizedTest
  @MethodSource("templates")
  void templatesRenderAsJinja2Does(String name) {
    int chats = 0;
    for (JsonNode rendered : RECORDED.path("rendered")) {
      if (rendered.path("template").asText().equals(name)) {
        assertRenders(RECORDED.path("templates").path(name).asText(), context(rendered), rendered);
        chats++;
      }
    }
    assertThat(chats).isEqualTo(20);
  }

  private static JsonNode context(JsonNode rendered) {
    ObjectNode context = MAPPER.createObjectNode();
    context.set("messages", RECORDED.path("chats").path(rendered.path("chat").asText()));
    context.set(
        "tools", rendered.path("tools").asBoolean() ? RECORDED.path("tools") : context.nullNode());
    context.putNull("documents");
    context.put("add_generation_prompt", rendered.path("generation").asBoolean());
    context.put("bos_token", "<s>").put("eos_token", "</s>");
    return context;
  }

  private static void assertRenders(String source, JsonNode context, JsonNode recorded) {
    Map<String, Object> values =
        MAPPER.convertValue(context, new TypeReference<Map<String, Object>>() {});
    if (recorded.path("expected").isNull()) {
      assertThatThrownBy(() -> Template.of(source).render(values, CLOCK))
          .as("%s: jinja2 says %s", source, recorded.path("error").asText())
          .isInstanceOf(JinjaException.class)
          .hasMessageStartingWith("line ");
    } else {
      assertThat(Template.of(source).render(values, CLOCK))
          .as(source)
          .isEqualTo(recorded.path("expected").asText());
    }
  }

  private static List<JsonNode> list(JsonNode array) {
    return StreamSupport.stream(array.spliterator(), false).toList();
  }

  private static JsonNode recorded() {
    try (InputStream in =
        new GZIPInputStream(
            Objects.requireNonNull(
                Jinja2Test.class.getResourceAsStream("/jinja/jinja2.json.gz")))) {
      return MAPPER.readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
