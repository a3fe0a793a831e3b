package dev.switchboard.model.kernel;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mamba-1's recurrence: twins alike bit by bit, near double precision, and the same in any cut. */
class SelectiveScanTest {
  private static final float[] SPECIAL = {
    Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY, -0f, 90f, -90f, Float.MIN_VALUE
  };

  private final Noise noise = new Noise(21);

  /** Arguments of one call; a, state and the rows of x, dt, B and C are noise. */
  private final class Case {
    final SelectiveShape shape;
    final int tokens;
    final int stride;
    final float[] x;
    final float[] steps;
    final float[] selected;
    final float[] a;
    final float[] skip;
    final float[] state;

    Case(int inner, int stateSize, int tokens) {
      this.shape = new SelectiveShape(inner, stateSize);
      this.tokens = tokens;
      this.stride = 2 * stateSize + 3;
      this.x = noise.floats(3 + tokens * inner, 2);
      this.steps = noise.floats(5 + tokens * inner, 1);
      for (int i = 0; i < steps.length; i++) {
        steps[i] = Math.abs(steps[i]) / 4;
      }
      this.selected = noise.floats(tokens * stride, 1);
      this.a = shape.toTiled(noise.floats(inner * stateSize, 8));
      for (int i = 0; i < a.length; i++) {
        a[i] = -Math.abs(a[i]);
      }
      this.skip = noise.floats(inner, 1);
      this.state = shape.toTiled(noise.floats(inner * stateSize, 1));
    }

    SelectiveInput from(int token) {
      int inner = shape.inner();
      int at = token * stride;
      return new SelectiveInput(
          x, 3 + token * inner, steps, 5 + token * inner, selected, at + 2, at + 2 + n(), stride);
    }

    int n() {
      return shape.stateSize();
    }
  }

  @ParameterizedTest
  @CsvSource({"1,1,1", "5,3,4", "16,16,1", "16,16,7", "17,4,2", "37,8,9", "64,16,5", "131,5,3"})
  void twinsGiveTheSameBits(int inner, int stateSize, int tokens) {
    for (boolean special : new boolean[] {false, true}) {
      Case one = new Case(inner, stateSize, tokens);
      for (int i = 0; special && i < one.x.length; i += 3) {
        one.x[i] = SPECIAL[i / 3 % SPECIAL.length];
        one.steps[i] = SPECIAL[i / 3 % SPECIAL.length];
      }
      float[] theirs = one.state.clone();
      float[] expected = new float[2 + tokens * inner];
      float[] actual = expected.clone();
      new ScalarSelectiveScan()
          .run(one.shape, one.from(0), tokens, 0, inner, one.a, one.skip, one.state, expected, 2);
      new VectorSelectiveScan()
          .run(one.shape, one.from(0), tokens, 0, inner, one.a, one.skip, theirs, actual, 2);
      assertThat(Arrays.mismatch(actual, expected)).as("output").isEqualTo(-1);
      assertThat(Arrays.mismatch(theirs, one.state)).as("state").isEqualTo(-1);
    }
  }

  @Test
  void isNearDoublePrecision() {
    Case one = new Case(21, 6, 40);
    double[] h = new double[21 * 6];
    float[] plain = one.shape.toRowMajor(one.state);
    for (int i = 0; i < h.length; i++) {
      h[i] = plain[i];
    }
    float[] y = new float[40 * 21];
    float[] a = one.shape.toRowMajor(one.a);
    SelectiveScan.run(one.shape, one.from(0), 40, one.a, one.skip, one.state, y, 0);
    for (int t = 0; t < 40; t++) {
      for (int c = 0; c < 21; c++) {
        double x = one.x[3 + t * 21 + c];
        double dt = one.steps[5 + t * 21 + c];
        double sum = one.skip[c] * x;
        for (int n = 0; n < 6; n++) {
          int at = c * 6 + n;
          h[at] = Math.exp(dt * a[at]) * h[at] + dt * x * one.selected[t * one.stride + 2 + n];
          sum += h[at] * one.selected[t * one.stride + 2 + 6 + n];
        }
        assertThat((double) y[t * 21 + c]).isCloseTo(sum, within(3e-6));
      }
    }
    float[] moved = one.shape.toRowMajor(one.state);
    for (int i = 0; i < h.length; i++) {
      assertThat((double) moved[i]).isCloseTo(h[i], within(3e-6));
    }
  }

  @Test
  void anyCutGivesTheSameBits() {
    Case one = new Case(40, 16, 11);
    float[] whole = one.state.clone();
    float[] expected = new float[11 * 40];
    SelectiveScan.run(one.shape, one.from(0), 11, one.a, one.skip, whole, expected, 0);
    float[] cut = one.state.clone();
    float[] actual = new float[11 * 40];
    int from = 0;
    for (int tokens : new int[] {1, 4, 1, 3, 0, 2}) {
      SelectiveScan.run(one.shape, one.from(from), tokens, one.a, one.skip, cut, actual, from * 40);
      from += tokens;
    }
    assertThat(actual).isEqualTo(expected);
    assertThat(cut).isEqualTo(whole);
  }

  @ParameterizedTest
  @CsvSource({"1", "4", "16"})
  void anyRangesOfChannelsGiveTheSameBits(int stateSize) {
    Case one = new Case(150, stateSize, 6);
    float[] whole = one.state.clone();
    float[] expected = new float[6 * 150];
    SelectiveScan.run(one.shape, one.from(0), 6, one.a, one.skip, whole, expected, 0);
    float[] actual = new float[6 * 150];
    for (int from : new int[] {96, 0, 16, 144}) {
      int channels = from == 0 ? 16 : from == 16 ? 80 : from == 96 ? 48 : 6;
      SelectiveScan.run(
          one.shape, one.from(0), 6, from, channels, one.a, one.skip, one.state, actual, 0);
    }
    assertThat(actual).isEqualTo(expected);
    assertThat(one.state).isEqualTo(whole);
    assertThatThrownBy(() ->
            SelectiveScan.run(one.shape, one.from(0), 6, 8, 8, one.a, one.skip, whole, expected, 0))
        .hasMessageContaining("8 channels from channel 8 on");
  }

  @Test
  void layoutsGoBothWays() {
    SelectiveShape shape = new SelectiveShape(19, 3);
    float[] plain = noise.floats(57, 1);
    float[] tiled = shape.toTiled(plain);
    assertThat(tiled).hasSize(96);
    assertThat(shape.toRowMajor(tiled)).isEqualTo(plain);
    assertThat(tiled[shape.stateIndex(18, 2)]).isEqualTo(plain[18 * 3 + 2]);
  }

  @Test
  void shapesAreChecked() {
    Case one = new Case(16, 4, 2);
    assertThatThrownBy(() ->
            SelectiveScan.run(
                one.shape, one.from(0), 3, one.a, one.skip, one.state, new float[48], 0))
        .hasMessageContaining("x [3, 16] at offset 3");
    assertThatThrownBy(() ->
            SelectiveScan.run(
                one.shape, one.from(0), 2, new float[9], one.skip, one.state, new float[48], 0))
        .hasMessageContaining("A [1, 64]");
    assertThatThrownBy(() -> new SelectiveShape(0, 3)).hasMessageContaining("at least 1");
    assertThatThrownBy(() -> one.shape.toTiled(new float[3])).hasMessageContaining("3 values");
  }
}
