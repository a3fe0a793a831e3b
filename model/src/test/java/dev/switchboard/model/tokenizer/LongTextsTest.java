package dev.switchboard.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.nio.file.Files;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class LongTextsTest {
  private static final List<String> PARTS =
      List.of(
          "the ",
          "word",
          " ",
          "  ",
          "\n",
          "\n\n",
          "\r\n",
          "\t",
          "It's",
          " isn't",
          "1984",
          " 3.14",
          "naïve ",
          "世界",
          "е́",
          "\u0301",
          "\u00a0",
          "-- ",
          "...\n",
          "<|endoftext|>",
          "<|pad|>",
          "👩‍👩‍👧",
          "a b c ",
          "X",
          ", and ",
          "(b) ",
          "'ve ",
          "ſ ",
          "\u200b");

  /** Takes what it is given, and is a token for each character. */
  private static final class Pieces implements Encoder {
    final List<String> given = new ArrayList<>();

    @Override
    public int[] encode(String text) {
      given.add(text);
      return text.chars().toArray();
    }

    @Override
    public void close() {}
  }

  private static String text(int length, long seed) {
    SplittableRandom random = new SplittableRandom(seed);
    StringBuilder text = new StringBuilder();
    while (text.length() < length) {
      text.append(PARTS.get(random.nextInt(PARTS.size())));
    }
    return text.toString();
  }

  @ParameterizedTest
  @ValueSource(longs = {1, 2, 3})
  void piecesHaveTheIdsOfTheWhole(long seed) throws IOException {
    TokenizerFile file = TokenizerFile.read("file", Files.readAllBytes(Tokenizers.FILE));
    assertThat(file.cuttable()).isTrue();
    String text = text(3 * LongTexts.PIECE_CHARS, seed);
    try (NativeEncoder whole = new NativeEncoder("whole", file.nativeJson())) {
      int[] ids = whole.encode(text);
      assertThat(new LongTexts(whole).encode(text)).isEqualTo(ids);
      assertThat(Tokenizers.REAL.encode(text)).isEqualTo(ids);
    }
  }

  /** Every cut, not the few of a long text alone. */
  @Test
  void anyCutHasTheIdsOfTheWhole() throws IOException {
    TokenizerFile file = TokenizerFile.read("file", Files.readAllBytes(Tokenizers.FILE));
    String text = text(2000, 4);
    try (NativeEncoder whole = new NativeEncoder("whole", file.nativeJson())) {
      int[] ids = whole.encode(text);
      int cuts = 0;
      for (int at = 1; at < text.length() - 1; at++) {
        if (LongTexts.isCut(text, at)) {
          IntList both = new IntList();
          for (String part : List.of(text.substring(0, at), text.substring(at))) {
            for (int id : whole.encode(part)) {
              both.add(id);
            }
          }
          assertThat(both.toArray()).as("cut at %d", at).isEqualTo(ids);
          cuts++;
        }
      }
      assertThat(cuts).isGreaterThan(50);
    }
  }

  @Test
  void piecesAreSmallAndLeaveNothingOut() {
    Pieces pieces = new Pieces();
    String text = text(5 * LongTexts.PIECE_CHARS, 5);
    assertThat(new LongTexts(pieces).encode(text)).isEqualTo(text.chars().toArray());
    assertThat(String.join("", pieces.given)).isEqualTo(text);
    assertThat(pieces.given)
        .hasSizeGreaterThan(5)
        .allSatisfy(piece -> assertThat(piece.length()).isLessThanOrEqualTo(LongTexts.PIECE_CHARS))
        .filteredOn(piece -> !piece.equals(pieces.given.getFirst()))
        .allSatisfy(piece -> assertThat(piece).matches("(?s) [A-Za-z].*"));
  }

  @Test
  void whereNothingCanBeCutTheTextStaysWhole() {
    Pieces pieces = new Pieces();
    String text = "世界。 ".repeat(LongTexts.PIECE_CHARS);
    new LongTexts(pieces).encode(text);
    assertThat(pieces.given).containsExactly(text);
    new LongTexts(pieces).encode(text + "end of it");
    assertThat(pieces.given.get(1)).isEqualTo(text + "end");
  }

  @ParameterizedTest
  @ValueSource(
      strings = {
        "{\"type\":\"Metaspace\"}",
        "{\"type\":\"ByteLevel\",\"use_regex\":false}",
        "{\"type\":\"Split\",\"pattern\":{\"Regex\":\"\\\\p{N}\"},\"behavior\":\"Isolated\",\"invert\":false}",
        "{\"type\":\"Split\",\"pattern\":{\"Regex\":\".+\"},\"behavior\":\"Isolated\",\"invert\":false}",
        "{\"type\":\"Sequence\",\"pretokenizers\":[{\"type\":\"ByteLevel\"},{\"type\":\"Digits\"}]}",
        "null"
      })
  void whatIsNotKnownIsNotCut(String preTokenizer) throws IOException {
    ObjectMapper json = new ObjectMapper();
    assertThat(LongTexts.mayCut(json.nullNode(), json.readTree(preTokenizer))).isFalse();
  }

  @Test
  void aNormalizerOrATokenWithASpaceForbidsIt() throws IOException {
    ObjectMapper json = new ObjectMapper();
    var words = json.readTree("{\"type\":\"ByteLevel\",\"use_regex\":true}");
    assertThat(LongTexts.mayCut(json.nullNode(), words)).isTrue();
    assertThat(LongTexts.mayCut(json.readTree("{\"type\":\"NFC\"}"), words)).isFalse();
    assertThat(LongTexts.joins("a b")).isTrue();
    assertThat(LongTexts.joins("<|end|>")).isFalse();
    String file = Files.readString(Tokenizers.FILE);
    for (String flag : List.of("lstrip", "rstrip")) {
      String other = file.replaceFirst("\"" + flag + "\"\\s*:\\s*false", "\"" + flag + "\": true");
      assertThat(other).isNotEqualTo(file);
      assertThat(TokenizerFile.read("file", other.getBytes("UTF-8")).cuttable()).isFalse();
    }
  }
}
