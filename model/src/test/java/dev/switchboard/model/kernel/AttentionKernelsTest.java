package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.crew.Crew;
import java.util.Arrays;
import java.util.List;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.MethodSource;

/** Attention gives what its definition says, and the same bits however a prompt is cut. */
class AttentionKernelsTest {
  private static final int ALL = AttentionShape.NO_WINDOW;

  private static AttentionShape shape(int heads, int kvHeads, int key, int value, int window) {
    return new AttentionShape(
        new KvShape(kvHeads, key, value, false), heads, (float) (1 / Math.sqrt(key)), window);
  }

  private static AttentionShape latent(int heads, int key, int value) {
    return new AttentionShape(new KvShape(1, key, value, true), heads, 0.2f, ALL);
  }

  static Stream<AttentionCase> cases() {
    return Stream.of(
        new AttentionCase(shape(1, 1, 1, 1, ALL), 3, false, 1),
        new AttentionCase(shape(4, 2, 12, 12, ALL), 70, false, 2),
        new AttentionCase(shape(6, 1, 7, 33, ALL), 65, true, 3),
        new AttentionCase(shape(2, 2, 16, 64, 8), 67, true, 4),
        new AttentionCase(shape(3, 3, 5, 4, ALL), 1100, false, 5),
        new AttentionCase(shape(2, 1, 8, 8, 40), 1060, true, 6),
        new AttentionCase(shape(2, 1, 6, 3, 600), 1200, false, 7),
        new AttentionCase(latent(5, 24, 16), 75, false, 8),
        new AttentionCase(latent(70, 9, 9), 34, false, 9),
        new AttentionCase(latent(2, 40, 33), 530, true, 10));
  }

  @ParameterizedTest
  @MethodSource("cases")
  void isSoftmaxOfScoresTimesValues(AttentionCase given) {
    double[] exact = given.exact();
    float[] actual = given.compute(AttentionKernels.set(), given.tokens);
    for (int i = 0; i < actual.length; i++) {
      assertThat(Math.abs(actual[i] - exact[i])).as(given + " at " + i).isLessThan(3e-6);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void anyCutGivesTheSameBits(AttentionCase given) {
    float[] whole = given.compute(AttentionKernels.set(), given.tokens);
    for (int chunk : new int[] {1, 3, 32, 37, 512, 600}) {
      if (chunk < given.tokens) {
        float[] cut = given.compute(AttentionKernels.set(), chunk);
        assertThat(Arrays.mismatch(cut, whole)).as(given + " by " + chunk).isEqualTo(-1);
      }
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void anyCrewGivesTheSameBits(AttentionCase given) {
    float[] alone = given.compute(AttentionKernels.set(), given.tokens);
    for (int threads : new int[] {2, 4}) {
      try (Crew crew = Crew.of("test", threads)) {
        for (int chunk : new int[] {7, 200, given.tokens}) {
          float[] shared = given.compute(AttentionKernels.set(), chunk, crew);
          String what = given + " by " + chunk + " on " + threads + " threads";
          assertThat(Arrays.mismatch(shared, alone)).as(what).isEqualTo(-1);
        }
      }
    }
  }

  static Stream<AttentionCase> halves() {
    KvShape plain = new KvShape(2, 20, 33, false, KvType.F16);
    KvShape latent = new KvShape(1, 24, 16, true, KvType.F16);
    return Stream.of(
        new AttentionCase(new AttentionShape(plain, 6, 0.2f, ALL), 90, true, 13),
        new AttentionCase(new AttentionShape(plain, 2, 0.2f, 50), 540, false, 14),
        new AttentionCase(new AttentionShape(latent, 17, 0.2f, ALL), 70, false, 15));
  }

  @ParameterizedTest
  @MethodSource("halves")
  void halfPrecisionIsNearAndTheSameForAll(AttentionCase given) {
    float[] whole = given.compute(AttentionKernels.set(), given.tokens);
    double[] exact = given.exact();
    double largest = 0;
    for (int i = 0; i < whole.length; i++) {
      largest = Math.max(largest, Math.abs(whole[i] - exact[i]));
    }
    assertThat(largest).isBetween(1e-6, 4e-3);
    assertThat(Arrays.mismatch(given.compute(new ScalarAttention(), 45), whole)).isEqualTo(-1);
    assertThat(Arrays.mismatch(given.compute(new VectorAttention(), 13), whole)).isEqualTo(-1);
    try (Crew crew = Crew.of("test", 2)) {
      float[] shared = given.compute(AttentionKernels.set(), 31, crew);
      assertThat(Arrays.mismatch(shared, whole)).isEqualTo(-1);
    }
  }

  @ParameterizedTest
  @MethodSource("cases")
  void twinsGiveTheSameBits(AttentionCase given) {
    float[] scalar = given.compute(new ScalarAttention(), 50);
    float[] vector = given.compute(new VectorAttention(), 50);
    assertThat(Arrays.mismatch(vector, scalar)).as(given.toString()).isEqualTo(-1);
  }

  @Test
  void aNonFiniteKeyShowsInAllThatSeeItAndNowhereElse() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      AttentionCase given = new AttentionCase(shape(2, 1, 4, 4, 20), 80, false, 11);
      given.values[40 * 4 + 1] = bad;
      float[] out = given.compute(AttentionKernels.set(), 80);
      for (int i = 0; i < out.length; i++) {
        int token = i / 8;
        boolean hit = token >= 40 && token < 60 && i % 4 == 1;
        assertThat(Float.isFinite(out[i])).as(bad + " at " + i).isEqualTo(!hit);
      }
    }
  }

  @Test
  void aHugeSinkLeavesNothing() {
    AttentionCase given = new AttentionCase(shape(2, 1, 4, 4, ALL), 5, true, 12);
    given.sinks[0] = 1e6f;
    given.sinks[1] = -1e6f;
    float[] out = given.compute(AttentionKernels.set(), 5);
    float[] plain = new AttentionCase(given.shape, 5, false, 12).compute(new ScalarAttention(), 5);
    for (int i = 0; i < out.length; i++) {
      assertThat(out[i]).isEqualTo(i / 4 % 2 == 0 ? 0 : plain[i]);
    }
  }

  @Test
  void shapesThatDoNotFitAreNamed() {
    assertThatThrownBy(() -> shape(3, 2, 4, 4, ALL)).hasMessageContaining("3 query heads");
    assertThatThrownBy(() -> shape(2, 2, 4, 4, 0)).hasMessageContaining("window 0");
    assertThatThrownBy(() -> new KvShape(2, 0, 4, false)).hasMessageContaining("2 heads, 0");
    assertThatThrownBy(() -> new KvShape(1, 4, 5, true)).hasMessageContaining("latent");
    AttentionShape shape = shape(2, 1, 4, 4, ALL);
    TestPages pages = new TestPages(shape.kv(), 32);
    Scratch scratch = new Scratch();
    assertThatThrownBy(() ->
            AttentionKernels.attend(
                shape, pages, 0, 2, new float[15], 0, new float[0], new float[16], 0, scratch))
        .hasMessageContaining("queries [2, 8] at offset 0 does not lie in an array of 15");
    assertThatThrownBy(() ->
            AttentionKernels.attend(
                shape, pages, 0, 2, new float[16], 0, new float[1], new float[16], 0, scratch))
        .hasMessageContaining("1 sinks");
    KvShape larger = new KvShape(2, 4, 4, false);
    assertThatThrownBy(() ->
            AttentionKernels.store(larger, pages, 0, 1, new float[8], 0, new float[8], 0, scratch))
        .hasMessageContaining("a block of");
    assertThat(List.of(KvShape.NONE.blockBytes(), shape.kv().blockBytes()))
        .containsExactly(0L, 32L * 36 * 4);
  }

  @Test
  void anUnknownTypeOfKeysAndValuesIsNamed() {
    assertThat(ArithmeticOptions.kvType("f16")).isEqualTo(KvType.F16);
    assertThat(ArithmeticOptions.kvType("f32")).isEqualTo(KvType.F32);
    assertThatThrownBy(() -> ArithmeticOptions.kvType("q8"))
        .hasMessageContaining("switchboard.kv is q8; expected f32 or f16");
  }
}
