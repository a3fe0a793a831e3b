package dev.switchboard.training.data;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.util.Arrays;
import org.junit.jupiter.api.Test;

class Utf8Test {
  private static final String TEXT = "a\u00e9\u6f22\ud83d\ude00z";

  @Test
  void characterCutAtEitherEndIsDropped() throws IOException {
    byte[] whole = TEXT.getBytes(StandardCharsets.UTF_8);
    assertThat(Utf8.decode(whole, "f")).isEqualTo(TEXT);
    for (int from = 0; from <= whole.length; from++) {
      for (int to = from; to <= whole.length; to++) {
        String part = Utf8.decode(Arrays.copyOfRange(whole, from, to), "f");
        assertThat(TEXT).contains(part);
        assertThat(part.getBytes(StandardCharsets.UTF_8).length)
            .isBetween(Math.max(0, to - from - 6), to - from);
      }
    }
  }

  @Test
  void anythingElseIsRefusedWithItsOffset() {
    byte[] bad = TEXT.getBytes(StandardCharsets.UTF_8);
    bad[4] = 'x'; // inside the third character
    assertThatThrownBy(() -> Utf8.decode(bad, "some/file"))
        .isInstanceOf(IOException.class)
        .hasMessage("some/file is not UTF-8: byte 0xe6 at offset 3");
    byte[] surrogate = {'a', (byte) 0xed, (byte) 0xa0, (byte) 0x80, 'b'};
    assertThatThrownBy(() -> Utf8.decode(surrogate, "f")).hasMessageContaining("offset 1");
    byte[] stray = {'a', 'b', 'c', 'd', (byte) 0xff};
    assertThatThrownBy(() -> Utf8.decode(stray, "f")).hasMessageContaining("0xff at offset 4");
  }
}
