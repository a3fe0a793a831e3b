package dev.switchboard.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.GgufMetadataBuilder;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.nio.file.Path;
import java.util.List;
import java.util.Set;
import java.util.stream.StreamSupport;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/**
 * Tokenizers of GGUF files against llama.cpp (llama-cpp-python 0.3.36), recorded: small
 * vocabularies trained for this purpose, 27 awkward texts.
 */
class GgufTokenizersTest {
  private static final JsonNode BPE = resource("gguf-bpe");
  private static final JsonNode SCORES = resource("gguf-spm");

  /** llama.cpp approximates the cases of letters, of which these have some beyond ASCII. */
  private static final Set<String> CASED = Set.of("gpt-4o", "tekken");

  static List<String> preTokenizers() {
    return names(BPE.path("pres"));
  }

  @ParameterizedTest
  @MethodSource("preTokenizers")
  void byteLevelAsLlamaCppDoes(String pre) {
    GgufMetadataBuilder file = bpe().text("tokenizer.ggml.pre", pre);
    try (Tokenizer tokenizer = Tokenizer.ofGguf(file.build(Path.of("t.gguf")))) {
      for (int i = 0; i < BPE.path("texts").size(); i++) {
        String text = BPE.path("texts").path(i).asText();
        boolean ascii = text.chars().allMatch(c -> c < 0x80);
        JsonNode expected = BPE.path("pres").path(pre).path(i);
        assertThat(tokenizer.decode(tokenizer.encode(text))).isEqualTo(withoutSpecial(text));
        if (ascii || !CASED.contains(pre)) {
          assertEncodes(tokenizer, text, expected);
        }
      }
    }
  }

  static List<JsonNode> scored() {
    return StreamSupport.stream(SCORES.path("variants").spliterator(), false).toList();
  }

  @ParameterizedTest
  @MethodSource("scored")
  void scoresAsLlamaCppDoes(JsonNode variant) {
    try (Tokenizer tokenizer = Tokenizer.ofGguf(scores(variant).build(Path.of("t.gguf")))) {
      for (int i = 0; i < SCORES.path("texts").size(); i++) {
        assertEncodes(
            tokenizer, SCORES.path("texts").path(i).asText(), variant.path("cases").path(i));
      }
    }
  }

  private static void assertEncodes(Tokenizer tokenizer, String text, JsonNode expected) {
    assertThat(tokenizer.encode(text))
        .as(text)
        .isEqualTo(TokenizerKindsTest.ids(expected.path("ids")));
    int[] prompt = tokenizer.encodePrompt(text);
    int[] recorded = TokenizerKindsTest.ids(expected.path("prompt"));
    // A beginning that the text has itself is not doubled here.
    assertThat(prompt).as(text).isEqualTo(text.startsWith("<s>") ? prompt : recorded);
  }

  @Test
  void aTextOfPiecesComesBack() {
    JsonNode plain = SCORES.path("variants").path(0);
    try (Tokenizer tokenizer = Tokenizer.ofGguf(scores(plain).build(Path.of("t.gguf")))) {
      for (JsonNode text : SCORES.path("texts")) {
        String given = text.asText();
        if (!given.contains("\u2581") && !given.contains("<") && !given.contains("[INST]")) {
          int[] ids = tokenizer.encode(given);
          assertThat(tokenizer.decode(ids)).isEqualTo(given);
          assertThat(TokenizerTest.streamed(tokenizer, ids)).isEqualTo(given);
        }
      }
      assertThat(tokenizer.endTokens()).containsExactly(2);
      assertThat(tokenizer.encode("x\ud800y")).isEqualTo(tokenizer.encode("x\ufffdy"));
    }
  }

  @Test
  void tokensThatEndAnAnswer() {
    GgufMetadataBuilder file =
        new GgufMetadataBuilder()
            .text("tokenizer.ggml.model", "llama")
            .texts(
                "tokenizer.ggml.tokens",
                List.of("<unk>", "<s>", "</s>", "a", "<|im_end|>", "<|end|>", "<|call|>", "x"))
            .u32("tokenizer.ggml.eot_token_id", 7);
    assertThat(ends(file)).containsExactlyInAnyOrder(2, 4, 5, 6, 7);
    file.texts(
        "tokenizer.ggml.tokens", List.of("<unk>", "<s>", "b", "<|return|>", "<|end|>", "<|call|>"));
    assertThat(ends(file)).containsExactlyInAnyOrder(2, 3, 5);
  }

  private static Set<Integer> ends(GgufMetadataBuilder file) {
    try (Tokenizer tokenizer = Tokenizer.ofGguf(file.build(Path.of("t.gguf")))) {
      return tokenizer.endTokens();
    }
  }

  @Test
  void whatIsNotKnownIsNamed() {
    assertRefused(new GgufMetadataBuilder().text("tokenizer.ggml.model", "t5"), "\"t5\"");
    assertRefused(bpe().text("tokenizer.ggml.pre", "odd"), "tokenizer.ggml.pre is \"odd\"");
    assertRefused(bpe().remove("tokenizer.ggml.merges"), "tokenizer.ggml.merges is missing");
    assertRefused(
        bpe().texts("tokenizer.ggml.tokens", List.of("a", "b", "a")), "\"a\" twice, again as 2");
    assertRefused(bpe().texts("tokenizer.ggml.tokens", List.of()), "has 0 entries");
    assertRefused(
        bpe().i32s("tokenizer.ggml.token_type", new int[3]), "has 3 entries; expected 424");
    assertRefused(
        bpe().flag("tokenizer.ggml.add_bos_token", true).remove("tokenizer.ggml.bos_token_id"),
        "are to have the bos_token");
    JsonNode plain = SCORES.path("variants").path(0);
    float[] scores = new float[SCORES.path("tokens").size()];
    scores[5] = Float.NaN;
    assertRefused(scores(plain).f32s("tokenizer.ggml.scores", scores), "NaN for token 5");
  }

  @Test
  void aFileMayHaveNone() {
    GgufMetadataBuilder none = new GgufMetadataBuilder();
    assertThat(Tokenizer.isIn(none.build(Path.of("t.gguf")))).isFalse();
    none.text("tokenizer.ggml.model", "no_vocab");
    assertThat(Tokenizer.isIn(none.build(Path.of("t.gguf")))).isFalse();
    assertThat(Tokenizer.isIn(bpe().build(Path.of("t.gguf")))).isTrue();
  }

  private static void assertRefused(GgufMetadataBuilder file, String expected) {
    assertThatThrownBy(() -> Tokenizer.ofGguf(file.build(Path.of("t.gguf"))).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("t.gguf", expected);
  }

  private static GgufMetadataBuilder bpe() {
    return named(BPE)
        .text("tokenizer.ggml.model", "gpt2")
        .text("tokenizer.ggml.pre", "gpt-2")
        .texts("tokenizer.ggml.merges", texts(BPE.path("merges")));
  }

  private static GgufMetadataBuilder scores(JsonNode variant) {
    GgufMetadataBuilder file =
        named(SCORES)
            .text("tokenizer.ggml.model", "llama")
            .f32s("tokenizer.ggml.scores", floats(variant.path("scores")));
    names(variant.path("flags"))
        .forEach(key -> file.flag(key, variant.path("flags").path(key).asBoolean()));
    return file;
  }

  private static GgufMetadataBuilder named(JsonNode recorded) {
    return new GgufMetadataBuilder()
        .texts("tokenizer.ggml.tokens", texts(recorded.path("tokens")))
        .i32s("tokenizer.ggml.token_type", TokenizerKindsTest.ids(recorded.path("types")))
        .u32("tokenizer.ggml.bos_token_id", 1)
        .u32("tokenizer.ggml.eos_token_id", 2)
        .u32("tokenizer.ggml.unknown_token_id", 0);
  }

  private static String withoutSpecial(String text) {
    return text.replaceAll("</?s>|<unk>|\\[/?INST]|<\\|user\\|>", "");
  }

  private static List<String> texts(JsonNode list) {
    return StreamSupport.stream(list.spliterator(), false).map(JsonNode::asText).toList();
  }

  private static float[] floats(JsonNode list) {
    float[] values = new float[list.size()];
    for (int i = 0; i < values.length; i++) {
      values[i] = list.path(i).floatValue();
    }
    return values;
  }

  private static List<String> names(JsonNode object) {
    return object.properties().stream().map(java.util.Map.Entry::getKey).toList();
  }

  private static JsonNode resource(String name) {
    try (InputStream in = TokenizerKindsTest.resource(name)) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }
}
