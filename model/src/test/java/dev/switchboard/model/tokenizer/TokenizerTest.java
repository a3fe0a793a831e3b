package dev.switchboard.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.testing.TinyModels;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.Arrays;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

class TokenizerTest {
  private static final String PYTHON =
      "def main() -> None:\n    print(f\"Hello {name!r}\")  # \t\n\n";

  @TempDir Path folder;

  @ParameterizedTest
  @ValueSource(
      strings = {
        PYTHON,
        "public final class A<T> { private static final long X = 0x1FL; }\r\n",
        "const f = async (x) => `${x}` ?? await g?.[0];\n",
        "It was the best of times, it was the worst of times; it was -- naïve.",
        "吾輩は猫である。名前はまだ無い。どこで生れたかとんと見当がつかぬ。",
        "天地玄黃，宇宙洪荒。日月盈昃，辰宿列張。龘𠮷",
        "\\begin{theorem} Let $f\\colon X \\to Y$ be \\'etale. \\qed \\end{theorem}",
        "{\"a\": [1, 2.5e-3, null, \"\\u00e9\"], \"b\": {}}",
        "👩‍👩‍👧 🏳️‍🌈 é e\u0301 \u0000 \ufeff \u200b",
        "   leading,    many     spaces \t\t and trailing   ",
        ""
      })
  void encodesAndDecodesEveryDomain(String text) {
    int[] ids = Tokenizers.REAL.encode(text);

    assertThat(Tokenizers.REAL.decode(ids)).isEqualTo(text);
    assertThat(streamed(Tokenizers.REAL, ids)).isEqualTo(text);
  }

  @Test
  void agreesWithTheReference() {
    // As Hugging Face tokenizers 0.21 encodes them.
    assertThat(Tokenizers.REAL.encode("hello 世界")).containsExactly(73, 356, 350, 222, 3584, 6799);
    assertThat(Tokenizers.REAL.encode("<|endoftext|>hi")).containsExactly(0, 5950);
    assertThat(Tokenizers.REAL.vocabulary()).isEqualTo(8192);
  }

  @Test
  void specialTokensHaveNoText() {
    assertThat(Tokenizers.REAL.decode(new int[] {0, 5950, 1})).isEqualTo("hi");
    assertThat(streamed(Tokenizers.REAL, new int[] {0, 5950, 1})).isEqualTo("hi");
  }

  @Test
  void holdsBackAnIncompleteCharacter() {
    int[] ids = Tokenizers.REAL.encode("😀!");
    assertThat(ids.length).as("the emoji is several tokens").isGreaterThan(2);
    IncrementalDecoder decoder = Tokenizers.REAL.decoder();
    for (int i = 0; i < ids.length - 2; i++) {
      assertThat(decoder.add(ids[i])).isEmpty();
    }
    assertThat(decoder.add(ids[ids.length - 2])).isEqualTo("😀");
    assertThat(decoder.add(ids[ids.length - 1])).isEqualTo("!");
    assertThat(decoder.finish()).isEmpty();

    decoder.add(ids[0]);
    assertThat(decoder.finish()).isEqualTo("\ufffd");
    assertThat(decoder.add(5950)).as("starts afresh").isEqualTo("hi");
  }

  @Test
  void idsThatNoTokenHasAreEmptyAndNegativeOnesAnError() {
    assertThat(Tokenizers.REAL.decode(new int[] {5950, 100_000})).isEqualTo("hi");
    assertThatThrownBy(() -> Tokenizers.REAL.decode(new int[] {-1}))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
  }

  @Test
  void loneSurrogatesDoNoHarm() {
    assertThat(Tokenizers.REAL.decode(Tokenizers.REAL.encode("x\ud800y")))
        .startsWith("x\ufffd")
        .endsWith("y");
  }

  @Test
  void manyThreadsEncodeAlike() {
    int[] expected = Tokenizers.REAL.encode(PYTHON.repeat(20));
    assertThat(
            IntStream.range(0, 64)
                .parallel()
                .mapToObj(i -> Tokenizers.REAL.encode(PYTHON.repeat(20))))
        .allSatisfy(ids -> assertThat(ids).isEqualTo(expected));
  }

  @Test
  void theTinyTokenizerSpeaksEverything() {
    TinyModels model = TinyModels.seeded(1);
    model.write(folder);
    try (Tokenizer tiny = Tokenizer.open(folder.resolve("tokenizer.json"))) {
      String text = "print the 世界 \u0000 😀\n";
      int[] ids = tiny.encode(text);
      assertThat(tiny.decode(ids)).isEqualTo(text);
      assertThat(Arrays.stream(ids).max().orElse(0))
          .isGreaterThan(257)
          .isLessThan(model.vocabulary());
      assertThat(tiny.vocabulary()).isEqualTo(model.vocabulary());
    }
  }

  @Test
  void closedIsClosed() {
    Tokenizer tokenizer = Tokenizer.open(Tokenizers.FILE);
    tokenizer.close();
    tokenizer.close();
    assertThatThrownBy(() -> tokenizer.encode("x"))
        .isInstanceOf(IllegalStateException.class)
        .hasMessageContaining("closed");
  }

  @ParameterizedTest
  @CsvSource(
      delimiter = '|',
      value = {
        "{|not valid JSON",
        "[]|expected a JSON object",
        "{}{}|something follows",
        "{}|it has no \"model\"",
        "{\"model\":{},\"model\":{}}|key \"model\" stands there twice",
        "{\"model\":{}}|decoder: none is not known",
        "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0}},\"decoder\":{\"type\":\"WordPiece\"}}|decoder: {\"type\":\"WordPiece\"} is not known",
        "{\"model\":{\"type\":\"WordPiece\",\"vocab\":{\"a\":0}},\"decoder\":{\"type\":\"ByteLevel\"}}|found \"WordPiece\" with 1",
        "{\"model\":{\"type\":\"BPE\"},\"decoder\":{\"type\":\"ByteLevel\"}}|with 0 tokens",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":-5}},\"decoder\":{\"type\":\"ByteLevel\"}}|token \"a\" has no whole number",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":2000000000}},\"decoder\":{\"type\":\"ByteLevel\"}}|from 0 to 16777216",
        "{\"model\":{\"type\":\"BPE\",\"vocab\":{\"a\":0},\"merges\":7},\"decoder\":{\"type\":\"ByteLevel\"}}|not a tokenizer"
      })
  void refusesWhatIsNoTokenizer(String json, String expected) throws IOException {
    Path file = folder.resolve("tokenizer.json");
    Files.writeString(file, json);
    assertThatThrownBy(() -> Tokenizer.open(file).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll(file.toString(), expected);
  }

  @Test
  void namesAnAbsentFile() {
    assertThatThrownBy(() -> Tokenizer.open(folder.resolve("tokenizer.json")).close())
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("tokenizer.json", "no such file");
  }

  static String streamed(Tokenizer tokenizer, int[] ids) {
    IncrementalDecoder decoder = tokenizer.decoder();
    StringBuilder text = new StringBuilder();
    for (int id : ids) {
      text.append(decoder.add(id));
    }
    return text.append(decoder.finish()).toString();
  }
}
