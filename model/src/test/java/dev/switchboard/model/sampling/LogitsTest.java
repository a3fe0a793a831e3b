package dev.switchboard.model.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.nio.ByteBuffer;
import java.nio.ByteOrder;
import java.security.MessageDigest;
import java.security.NoSuchAlgorithmException;
import java.util.HexFormat;
import org.junit.jupiter.api.Test;

/** What is told about logits, and the generator beneath the draws. */
class LogitsTest {
  @Test
  void logProbsAreTheLogarithmOfTheSoftmax() {
    float[] logits = new float[1000];
    double total = 0;
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (i * 37 % 101) / 7f - 5;
      total += Math.exp(logits[i]);
    }
    LogProbs logProbs = LogProbs.of(logits);
    for (int i = 0; i < logits.length; i++) {
      assertThat(logProbs.of(i)).isCloseTo((float) (logits[i] - Math.log(total)), within(2e-6f));
    }
  }

  @Test
  void topOrdersByProbabilityThenId() {
    LogProbs logProbs = LogProbs.of(new float[] {1f, 3f, 3f, -1e30f, 2f});
    assertThat(logProbs.top(4)).extracting(LogProbs.Entry::token).containsExactly(1, 2, 4, 0);
    assertThat(logProbs.top(9)).hasSize(5);
    assertThat(logProbs.top(0)).isEmpty();
    assertThat(logProbs.top(9).getLast().logProb()).isEqualTo(-1e30f);
    assertThatThrownBy(() -> logProbs.top(-1))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContaining("-1");
  }

  @Test
  void digestIsSha256OfLittleEndianFloatsInOrder() throws NoSuchAlgorithmException {
    float[] first = {1f, -0f, Float.MIN_VALUE};
    float[] second = {42f};
    ByteBuffer bytes = ByteBuffer.allocate(16).order(ByteOrder.LITTLE_ENDIAN);
    bytes.putFloat(first[0]).putFloat(first[1]).putFloat(first[2]).putFloat(second[0]);
    String expected =
        HexFormat.of().formatHex(MessageDigest.getInstance("SHA-256").digest(bytes.array()));

    LogitsDigest digest = new LogitsDigest();
    digest.add(first);
    String between = digest.hex();
    digest.add(second);

    assertThat(digest.hex()).isEqualTo(expected).isEqualTo(digest.hex()).isNotEqualTo(between);
    LogitsDigest swapped = new LogitsDigest();
    swapped.add(second);
    swapped.add(first);
    assertThat(swapped.hex()).isNotEqualTo(expected);
  }

  /** The answers that the generator's authors published with it. */
  @Test
  void philoxGivesTheKnownAnswers() {
    assertThat(Philox.firstWord(0, 0, 0)).isEqualTo(0x6627e8d5);
    assertThat(Philox.firstWord(-1L, -1L, -1L)).isEqualTo(0x408f276d);
    assertThat(Philox.firstWord(0x299f31d0a4093822L, 0x85a308d3243f6a88L, 0x0370734413198a2eL))
        .isEqualTo(0xd16cfe09);
  }

  @Test
  void uniformsAreSpreadEvenlyOverSeedsAndPositions() {
    int[] buckets = new int[16];
    for (int seed = 0; seed < 40; seed++) {
      for (int position = 0; position < 1000; position++) {
        float uniform = Philox.uniform(seed, position);
        assertThat(uniform).isBetween(0f, Math.nextDown(1f));
        buckets[(int) (uniform * 16)]++;
      }
    }
    for (int bucket : buckets) {
      assertThat(bucket).isBetween(2300, 2700);
    }
  }
}
