package dev.switchboard.client.cli;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.ByteArrayInputStream;
import java.nio.charset.StandardCharsets;
import java.util.ArrayList;
import java.util.List;
import net.jqwik.api.Arbitraries;
import net.jqwik.api.Arbitrary;
import net.jqwik.api.Example;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.Provide;
import net.jqwik.api.constraints.IntRange;

class WindowsTest {
  @Provide
  Arbitrary<String> text() {
    return Arbitraries.of("a", " ", "é", "ß", "漢", "字", "あ", "😀", "𝄞", "\u0000", "\n")
        .list()
        .ofMaxSize(60)
        .map(parts -> String.join("", parts));
  }

  private static List<Windows.Window> cut(byte[] bytes, int width) {
    List<Windows.Window> windows = new ArrayList<>();
    new Windows(new ByteArrayInputStream(bytes), width).forEachRemaining(windows::add);
    return windows;
  }

  /** The characters that lie wholly inside each window, found character by character. */
  private static List<Windows.Window> wholeCharacters(String text, int width) {
    int bytes = text.getBytes(StandardCharsets.UTF_8).length;
    List<StringBuilder> texts = new ArrayList<>();
    for (int offset = 0; offset < bytes; offset += width) {
      texts.add(new StringBuilder());
    }
    int at = 0;
    for (int codePoint : text.codePoints().toArray()) {
      int length = Character.toString(codePoint).getBytes(StandardCharsets.UTF_8).length;
      if (at / width == (at + length - 1) / width) {
        texts.get(at / width).appendCodePoint(codePoint);
      }
      at += length;
    }
    List<Windows.Window> windows = new ArrayList<>();
    for (int k = 0; k < texts.size(); k++) {
      windows.add(new Windows.Window((long) k * width, texts.get(k).toString()));
    }
    return windows;
  }

  @Property
  void windowsHoldTheCharactersThatAreWholeInThem(
      @ForAll("text") String text, @ForAll @IntRange(min = 1, max = 40) int width) {
    assertThat(cut(text.getBytes(StandardCharsets.UTF_8), width))
        .isEqualTo(wholeCharacters(text, width));
  }

  @Property
  void anyBytesAreCutWithoutFailure(
      @ForAll byte[] bytes, @ForAll @IntRange(min = 1, max = 9) int width) {
    List<Windows.Window> windows = cut(bytes, width);
    assertThat(windows).hasSize((bytes.length + width - 1) / width);
    for (int k = 0; k < windows.size(); k++) {
      assertThat(windows.get(k).offset()).isEqualTo((long) k * width);
    }
  }

  @Example
  void aWindowNeedsAWidth() {
    assertThatThrownBy(() -> cut(new byte[3], 0)).hasMessageContaining("window of 0 bytes");
  }
}
