package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;

import java.util.Arrays;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Any shape, any cut, either implementation: one answer, near the exact one. */
class AttentionPropertyTest {
  @Property(tries = 60)
  void oneAnswer(
      @ForAll @IntRange(min = 1, max = 3) int kvHeads,
      @ForAll @IntRange(min = 1, max = 5) int group,
      @ForAll @IntRange(min = 1, max = 40) int keyDim,
      @ForAll @IntRange(min = 1, max = 40) int valueDim,
      @ForAll @IntRange(min = 1, max = 150) int tokens,
      @ForAll @IntRange(min = 1, max = 200) int window,
      @ForAll @IntRange(min = 1, max = 60) int chunk,
      @ForAll boolean sinks) {
    KvShape kv = new KvShape(kvHeads, keyDim, valueDim, false);
    int seen = window > 150 ? AttentionShape.NO_WINDOW : window;
    AttentionShape shape = new AttentionShape(kv, kvHeads * group, 0.3f, seen);
    AttentionCase given = new AttentionCase(shape, tokens, sinks, tokens * 31L + chunk);
    float[] whole = given.compute(new VectorAttention(), tokens);
    assertThat(Arrays.mismatch(given.compute(new VectorAttention(), chunk), whole)).isEqualTo(-1);
    assertThat(Arrays.mismatch(given.compute(new ScalarAttention(), chunk), whole)).isEqualTo(-1);
    double[] exact = given.exact();
    for (int i = 0; i < whole.length; i++) {
      assertThat(Math.abs(whole[i] - exact[i])).isLessThan(1e-5);
    }
  }
}
