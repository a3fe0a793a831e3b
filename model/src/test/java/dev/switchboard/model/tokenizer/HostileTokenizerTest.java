package dev.switchboard.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Base64;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Files on which the native library would end the process, or never end. */
class HostileTokenizerTest {
  private static final String BPE =
      "\"decoder\":{\"type\":\"ByteLevel\"},\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0,\"b\":1,\"!\":2},\"merges\":[]%s}";

  @TempDir Path folder;

  @Test
  void aPatternThatBacktracksWithoutBoundsIsRefused() {
    assertThatThrownBy(() -> open(split("(a+)+$") + BPE.formatted("")).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("pre_tokenizer", "(a+)+$", "more steps");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "\"pre_tokenizer\":{\"type\":\"FixedLength\",\"length\":0},|pre_tokenizer.type \"FixedLength\"",
        "\"pre_tokenizer\":{\"pattern\":1},|pre_tokenizer has no type",
        "\"normalizer\":{\"type\":\"Sequence\",\"normalizers\":[{\"type\":\"Odd\"}]},|normalizer.type \"Odd\"",
        "\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"Regex\":\"(a)\\\\1\"},\"content\":\"\"},|not supported",
        "\"normalizer\":{\"type\":\"Replace\",\"pattern\":{\"String\":\"\"},\"content\":\"\"},|expected a pattern",
        "\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"*\"},|it is not base64",
        "\"normalizer\":{\"type\":\"Precompiled\",\"precompiled_charsmap\":\"\"},|no sound length",
        "\"post_processor\":{\"type\":\"Odd\"},|post_processor.type \"Odd\"",
        "\"post_processor\":{\"type\":\"BertProcessing\",\"sep\":[\"x\",99],\"cls\":[\"a\",0]},|id 99",
        "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[]},|no sequence A",
        "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"SpecialToken\":{\"id\":\"<s>\"}},{\"Sequence\":{\"id\":\"A\"}}],\"special_tokens\":{}},|names \"<s>\"",
        "\"post_processor\":{\"type\":\"TemplateProcessing\",\"single\":[{\"Sequence\":{\"id\":\"B\"}}]},|expected special tokens and one sequence A",
        "\"added_tokens\":[{\"id\":5,\"content\":\"\"}],|added_tokens[0] has no content"
      })
  void refusesPartsThatAreNotSound(String part, String expected) {
    assertThatThrownBy(() -> open(part + BPE.formatted("")).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("tokenizer.json", expected);
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        ",\"continuing_subword_prefix\":\"##\"",
        ",\"end_of_word_suffix\":\"</w>\"",
        ",\"dropout\":0.5"
      })
  void refusesModelsThatCannotBeServed(String part) {
    assertThatThrownBy(() -> open(BPE.formatted(part)).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("is not supported");
  }

  @Test
  void aTableThatLeadsOutOfItselfIsRefused() {
    byte[] table = new byte[4 + 1024 + 8];
    table[1] = 4;
    assertThat(refusal(table)).isEmpty();
    table[4 + 3] = 0x40;
    assertThat(refusal(table)).contains("leads out of itself at unit 0");
    table[4 + 3] = 0;
    table[4 + 40 + 1] = 1;
    table[4 + 40] = 9;
    assertThat(refusal(table)).as("unit 10 has a value, at itself").contains("is no text");
    table[4 + 1024] = (byte) 0x80;
    assertThat(refusal(table)).contains("no UTF-8");
  }

  private static String refusal(byte[] table) {
    try {
      CharsMap.check("t.json", Base64.getEncoder().encodeToString(table));
      return "";
    } catch (CheckpointException e) {
      return String.valueOf(e.getMessage());
    }
  }

  @Test
  void aLongTextIsRefused() {
    String text = "a".repeat(Tokenizer.MAX_TEXT_CHARS + 1);
    assertThatThrownBy(() -> Tokenizers.REAL.encode(text))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("at most " + Tokenizer.MAX_TEXT_CHARS);
  }

  private static String split(String regex) {
    return "\"pre_tokenizer\":{\"type\":\"Split\",\"pattern\":{\"Regex\":\"%s\"},\"behavior\":\"Isolated\",\"invert\":false},"
        .formatted(regex);
  }

  private Tokenizer open(String content) throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(file, "{" + content + "}");
    return Tokenizer.open(file);
  }
}
