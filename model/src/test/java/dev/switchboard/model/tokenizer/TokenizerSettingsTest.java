package dev.switchboard.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class TokenizerSettingsTest {
  @TempDir Path folder;

  @BeforeEach
  void tokenizer() throws IOException {
    try (InputStream in = TokenizerKindsTest.resource("llama-metaspace")) {
      Files.copy(in, folder.resolve("tokenizer.json"));
    }
  }

  @Test
  void aPromptBeginsAsTheTokenizerSays() {
    assertThat(prompt("Hello")).startsWith(1).doesNotContain(2);
    assertThat(prompt("")).containsExactly(1);
    assertThat(prompt("<s>Hello")).as("never twice").startsWith(1).isEqualTo(prompt("<s>Hello"));
    assertThat(prompt("<s>Hello")[1]).isNotEqualTo(1);
  }

  @Test
  void theConfigurationWins() throws IOException {
    config(
        """
        {"bos_token": "<s>", "eos_token": {"content": "</s>"}, "add_bos_token": false,
         "add_eos_token": true}\
        """);
    assertThat(prompt("Hello")).doesNotContain(1).endsWith(2);
    config("{\"bos_token\": \"[INST]\", \"add_bos_token\": true}");
    try (Tokenizer tokenizer = Tokenizer.ofFolder(folder)) {
      assertThat(tokenizer.encodePrompt("Hello"))
          .startsWith(tokenizer.id("[INST]").orElseThrow(), 1);
      assertThat(tokenizer.settings().specialTokens()).containsEntry("bos_token", "[INST]");
    }
  }

  @Test
  void withoutATokenNothingIsAdded() throws IOException {
    config("{\"add_eos_token\": true, \"eos_token\": null, \"add_bos_token\": null}");
    assertThat(prompt("Hello")).startsWith(1).doesNotContain(2);
  }

  @Test
  void whatIsNoFlagIsNamed() throws IOException {
    config("{\"add_bos_token\": 1}");
    assertThatThrownBy(() -> Tokenizer.ofFolder(folder).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("tokenizer_config.json", "add_bos_token", "1");
  }

  @Test
  void aStreamThatContinuesATextKeepsItsSpace() {
    try (Tokenizer tokenizer = Tokenizer.ofFolder(folder)) {
      int[] ids = tokenizer.encode("Hello");
      assertThat(tokenizer.decode(ids)).isEqualTo("Hello");
      IncrementalDecoder decoder = tokenizer.decoder(true);
      StringBuilder text = new StringBuilder();
      for (int id : ids) {
        text.append(decoder.add(id));
      }
      assertThat(text.append(decoder.finish()).toString()).isEqualTo(" Hello");
      assertThat(tokenizer.piece(ids[0])).startsWith(" ");
      assertThat(tokenizer.special(1)).contains("<s>");
      assertThat(tokenizer.special(ids[0])).isEmpty();
      assertThat(tokenizer.hasText(1)).isFalse();
      assertThat(tokenizer.hasText(ids[0])).isTrue();
    }
  }

  @Test
  void aLongRunOfBytesFlowsAndOneThatIsNoTextIsHeldBack() {
    try (Tokenizer tokenizer = Tokenizer.ofFolder(folder)) {
      IncrementalDecoder decoder = tokenizer.decoder();
      StringBuilder text = new StringBuilder();
      for (int id : tokenizer.encode("😀".repeat(40))) {
        text.append(decoder.add(id));
      }
      assertThat(text.toString()).startsWith("😀".repeat(16));
      assertThat(text.append(decoder.finish()).toString()).isEqualTo("😀".repeat(40));
    }
  }

  private int[] prompt(String text) {
    try (Tokenizer tokenizer = Tokenizer.ofFolder(folder)) {
      return tokenizer.encodePrompt(text);
    }
  }

  private void config(String json) throws IOException {
    Files.writeString(folder.resolve("tokenizer_config.json"), json);
  }
}
