package dev.switchboard.model.tokenizer;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.List;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;
import net.jqwik.api.constraints.Size;

class IncrementalDecoderPropertyTest {
  /** Any ids: most runs of random tokens are broken UTF-8 somewhere. */
  @Property(tries = 500)
  void streamedEqualsWhole(@ForAll @Size(max = 60) List<@IntRange(max = 8191) Integer> ids) {
    assertSameText(ids);
  }

  /** The tokens of single bytes, where every way of breaking UTF-8 occurs. */
  @Property(tries = 1000)
  void streamedBytesEqualWhole(
      @ForAll @Size(max = 24) List<@IntRange(min = 2, max = 257) Integer> ids) {
    assertSameText(ids);
  }

  @Property(tries = 300)
  void anyTextComesBack(@ForAll String text) {
    // Surrogates without their other half are no text; they are tested elsewhere.
    String whole = text.codePoints().anyMatch(c -> c >= 0xD800 && c <= 0xDFFF) ? "" : text;
    assertThat(Tokenizers.REAL.decode(Tokenizers.REAL.encode(whole)))
        .isEqualTo(whole.replace("<|endoftext|>", "").replace("<|pad|>", ""));
  }

  private static void assertSameText(List<Integer> list) {
    int[] ids = list.stream().mapToInt(Integer::intValue).toArray();
    assertThat(TokenizerTest.streamed(Tokenizers.REAL, ids)).isEqualTo(Tokenizers.REAL.decode(ids));
  }
}
