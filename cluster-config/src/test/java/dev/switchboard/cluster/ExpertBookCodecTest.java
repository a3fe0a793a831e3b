package dev.switchboard.cluster;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

class ExpertBookCodecTest {
  private static final ExpertBook BOOK =
      new ExpertBook(7, "fp", List.of(new ExpertBook.Added("去", 8, "f1", "/x/go")), List.of(2, 8));

  @Test
  void whatIsWrittenIsRead() {
    assertThat(ExpertBookCodec.decode(ExpertBookCodec.encode(BOOK))).isEqualTo(BOOK);
    assertThat(ExpertBookCodec.decode(ExpertBookCodec.encode(ExpertBook.EMPTY)))
        .isEqualTo(ExpertBook.EMPTY);
  }

  @Test
  void whatIsDamagedAnywhereIsRefused() {
    byte[] whole = ExpertBookCodec.encode(BOOK);
    for (int at = 0; at < whole.length; at++) {
      byte[] damaged = whole.clone();
      damaged[at] ^= 1;
      assertThatThrownBy(() -> ExpertBookCodec.decode(damaged))
          .as("byte %d", at)
          .isInstanceOf(IllegalArgumentException.class);
      byte[] cut = Arrays.copyOf(whole, at);
      assertThatThrownBy(() -> ExpertBookCodec.decode(cut))
          .as("%d bytes", at)
          .isInstanceOf(IllegalArgumentException.class);
    }
  }
}
