package dev.switchboard.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Objects;
import java.util.stream.IntStream;
import java.util.stream.StreamSupport;
import java.util.zip.GZIPInputStream;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Every usual kind of tokenizer against Hugging Face tokenizers 0.22, recorded: small vocabularies
 * trained for this purpose, 27 awkward texts and 60 lists of random ids each.
 */
class TokenizerKindsTest {
  private static final JsonNode EXPECTED = expected();

  @TempDir Path folder;

  static List<String> kinds() {
    return StreamSupport.stream(((Iterable<String>) EXPECTED::fieldNames).spliterator(), false)
        .toList();
  }

  @ParameterizedTest
  @MethodSource("kinds")
  void agreesWithTheReference(String kind) throws IOException {
    JsonNode expected = EXPECTED.path(kind);
    try (Tokenizer tokenizer = Tokenizer.open(unpacked(kind))) {
      assertThat(tokenizer.vocabulary()).isEqualTo(expected.path("vocabulary").intValue());
      for (JsonNode text : expected.path("texts")) {
        String given = text.path("text").asText();
        assertThat(tokenizer.encode(given)).as(given).isEqualTo(ids(text.path("ids")));
        assertThat(tokenizer.encodePrompt(given)).as(given).isEqualTo(prompt(tokenizer, text));
        assertDecodes(tokenizer, ids(text.path("ids")), text.path("decoded").asText());
      }
      for (JsonNode decode : expected.path("decodes")) {
        assertDecodes(tokenizer, ids(decode.path("ids")), decode.path("decoded").asText());
      }
    }
  }

  /** As recorded, but for a beginning that the text has itself. */
  private static int[] prompt(Tokenizer tokenizer, JsonNode text) {
    int[] prompt = ids(text.path("prompt"));
    int first = tokenizer.id("<s>").orElseThrow();
    return prompt.length > 1 && prompt[0] == first && prompt[1] == first
        ? IntStream.of(prompt).skip(1).toArray()
        : prompt;
  }

  private static void assertDecodes(Tokenizer tokenizer, int[] ids, String text) {
    assertThat(tokenizer.decode(ids)).as(List.of(ids).toString()).isEqualTo(text);
    assertThat(TokenizerTest.streamed(tokenizer, ids)).isEqualTo(text);
  }

  private Path unpacked(String kind) throws IOException {
    Path file = folder.resolve("tokenizer.json");
    try (InputStream in = resource(kind)) {
      Files.copy(in, file);
    }
    return file;
  }

  static InputStream resource(String name) throws IOException {
    return new GZIPInputStream(
        Objects.requireNonNull(
            TokenizerKindsTest.class.getResourceAsStream("/tokenizers/" + name + ".json.gz"),
            name));
  }

  static int[] ids(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).mapToInt(JsonNode::intValue).toArray();
  }

  private static JsonNode expected() {
    try (InputStream in = resource("expected")) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new java.io.UncheckedIOException(e);
    }
  }
}
