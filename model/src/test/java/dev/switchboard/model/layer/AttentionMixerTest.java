package dev.switchboard.model.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.architecture.RopePlan;
import dev.switchboard.model.architecture.RopePlan.Scaling;
import dev.switchboard.model.kernel.AttentionShape;
import dev.switchboard.model.kernel.KvShape;
import dev.switchboard.model.kernel.Noise;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Scratch;
import java.util.Arrays;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

/** Mixers against attention by its definition, with all that some families add. */
class AttentionMixerTest {
  private static final int MODEL = 10;
  private static final int TOKENS = 45;

  private final Noise noise = new Noise(21);
  private final Scratch scratch = new Scratch();
  private final float[] input = noise.floats(TOKENS * MODEL, 2);

  private record Weight(float[] values, float[] bias, int rows, int columns) {
    Linear linear() {
      return new Linear(PackedMatrix.ofFloats(rows, columns, values), bias);
    }

    double[] of(double[] x) {
      return PlainAttention.linear(values, bias, x);
    }

    PackedMatrix rows(int first, int count) {
      return PackedMatrix.ofFloats(
          count, columns, Arrays.copyOfRange(values, first * columns, (first + count) * columns));
    }

    PackedMatrix transposedRows(int first, int count) {
      float[] turned = new float[count * columns];
      for (int r = 0; r < count; r++) {
        for (int c = 0; c < columns; c++) {
          turned[c * count + r] = values[(first + r) * columns + c];
        }
      }
      return PackedMatrix.ofFloats(columns, count, turned);
    }
  }

  private Weight weight(int rows, int columns, boolean bias) {
    return new Weight(
        noise.floats(rows * columns, 1), noise.floats(bias ? rows : 0, 1), rows, columns);
  }

  private float[] near(int n) {
    float[] values = noise.floats(n, 0.3f);
    for (int i = 0; i < n; i++) {
      values[i] += 1;
    }
    return values;
  }

  private double[] row(int token) {
    double[] x = new double[MODEL];
    Arrays.setAll(x, i -> input[token * MODEL + i]);
    return x;
  }

  private float[] run(Mixer mixer, int chunk) {
    KvCache cache = new KvCache(List.of(KvShape.NONE, mixer.kvShape()), 1 << 20);
    KvTable table = cache.newTable();
    MixerState state = mixer.newState(new SequenceMemory(table, TOKENS));
    float[] out = new float[TOKENS * MODEL];
    for (int t = 0; t < TOKENS; t += chunk) {
      int n = Math.min(chunk, TOKENS - t);
      table.reserve(n);
      float[] part = Arrays.copyOfRange(input, t * MODEL, (t + n) * MODEL);
      float[] result = new float[n * MODEL];
      mixer.forward(part, new int[] {0, n}, 1, new MixerState[] {state}, result, scratch);
      System.arraycopy(result, 0, out, t * MODEL, n * MODEL);
      table.append(new int[n]);
    }
    table.close();
    return out;
  }

  private void assertGives(Mixer mixer, double[][] exact) {
    float[] whole = run(mixer, TOKENS);
    for (int i = 0; i < whole.length; i++) {
      assertThat(Math.abs(whole[i] - exact[i / MODEL][i % MODEL]))
          .as("value " + i)
          .isLessThan(1e-4);
    }
    for (int chunk : new int[] {1, 7, 32}) {
      assertThat(run(mixer, chunk)).as("chunks of " + chunk).isEqualTo(whole);
    }
  }

  @ParameterizedTest
  @CsvSource({
    "false, false, 1000, Infinity, 6",
    "true, false, 1000, 1.5, 4",
    "true, true, 9, Infinity, 0",
    "false, true, 9, 0.8, 2"
  })
  void groupedHeads(boolean norms, boolean perHead, int window, float clip, int turning) {
    int heads = 4;
    int pairs = 2;
    int dim = 6;
    Weight q = weight(heads * dim, MODEL, true);
    Weight k = weight(pairs * dim, MODEL, true);
    Weight v = weight(pairs * dim, MODEL, perHead);
    Weight o = weight(MODEL, heads * dim, true);
    float[] qNorm = near(perHead ? dim : heads * dim);
    float[] kNorm = near(perHead ? dim : pairs * dim);
    float[] sinks = noise.floats(perHead ? heads : 0, 2);
    float scale = 0.4f;
    AttentionMixer mixer =
        new AttentionMixer(
            1,
            new AttentionShape(new KvShape(pairs, dim, dim, false), heads, scale, window),
            new AttentionMixer.Projections(q.linear(), k.linear(), v.linear(), o.linear()),
            new AttentionMixer.Extras(
                norms ? Optional.of(new RmsNorm(qNorm, 1e-5f)) : Optional.empty(),
                norms ? Optional.of(new RmsNorm(kNorm, 1e-5f)) : Optional.empty(),
                turning > 0
                    ? Optional.of(new Rope(RopePlan.plain(turning, 10_000)))
                    : Optional.empty(),
                sinks,
                clip));
    double[][] keys = new double[TOKENS][];
    double[][] values = new double[TOKENS][];
    double[][] exact = new double[TOKENS][];
    for (int t = 0; t < TOKENS; t++) {
      double[] query = prepared(q.of(row(t)), norms ? qNorm : new float[0], clip, turning, t);
      keys[t] = prepared(k.of(row(t)), norms ? kNorm : new float[0], clip, turning, t);
      values[t] = prepared(v.of(row(t)), new float[0], clip, 0, t);
      double[] y = new double[heads * dim];
      for (int h = 0; h < heads; h++) {
        int kv = h / (heads / pairs) * dim;
        double[] scores = new double[t + 1];
        for (int j = 0; j <= t; j++) {
          scores[j] = scale * PlainAttention.dot(query, h * dim, keys[j], kv, dim);
        }
        int first = Math.max(0, t - window + 1);
        double sink = perHead ? sinks[h] : Double.NaN;
        double[] weights = PlainAttention.softmax(scores, first, sink);
        for (int j = first; j <= t; j++) {
          for (int d = 0; d < dim; d++) {
            y[h * dim + d] += weights[j] * values[j][kv + d];
          }
        }
      }
      exact[t] = o.of(y);
    }
    assertGives(mixer, exact);
  }

  private static double[] prepared(double[] x, float[] norm, float clip, int turning, int token) {
    double[] y = norm.length > 0 ? PlainAttention.norm(norm, 1e-5, x, 0, x.length) : x;
    for (int i = 0; i < y.length; i++) {
      y[i] = Math.clamp(y[i], -clip, clip);
    }
    for (int at = 0; turning > 0 && at < y.length; at += 6) {
      PlainAttention.turn(y, at, turning, false, token);
    }
    return y;
  }

  /** The expanded form, as it is published; with and without a low rank for queries. */
  @ParameterizedTest
  @CsvSource({"0", "5"})
  void latentHeads(int queryRank) {
    LatentAttentionMixer.Sizes sizes = new LatentAttentionMixer.Sizes(3, 5, 4, 7, 8);
    Weight down = weight(Math.max(1, queryRank), MODEL, false);
    float[] downNorm = near(Math.max(1, queryRank));
    Weight q = weight(3 * 9, queryRank == 0 ? MODEL : queryRank, false);
    Weight latentDown = weight(12, MODEL, true);
    float[] latentNorm = near(8);
    Weight up = weight(3 * 12, 8, false);
    Weight o = weight(MODEL, 3 * 7, false);
    float scale = 0.3f;
    List<LatentAttentionMixer.Absorbed> absorbed =
        List.of(0, 12, 24).stream()
            .map(first ->
                new LatentAttentionMixer.Absorbed(
                    up.transposedRows(first, 5), up.rows(first + 5, 7)))
            .toList();
    LatentAttentionMixer mixer =
        new LatentAttentionMixer(
            1,
            sizes,
            scale,
            new LatentAttentionMixer.Projections(
                queryRank == 0
                    ? Optional.empty()
                    : Optional.of(
                        new LatentAttentionMixer.Down(down.linear(), new RmsNorm(downNorm, 1e-6f))),
                q.linear(),
                latentDown.linear(),
                o.linear()),
            new RmsNorm(latentNorm, 1e-6f),
            absorbed,
            new Rope(new RopePlan(4, 10_000, new Scaling.Default(), true)));
    double[][] turned = new double[TOKENS][];
    double[][] wide = new double[TOKENS][];
    double[][] exact = new double[TOKENS][];
    for (int t = 0; t < TOKENS; t++) {
      double[] low =
          queryRank == 0
              ? row(t)
              : PlainAttention.norm(downNorm, 1e-6, down.of(row(t)), 0, queryRank);
      double[] query = q.of(low);
      for (int h = 0; h < 3; h++) {
        PlainAttention.turn(query, h * 9 + 5, 4, true, t);
      }
      turned[t] = PlainAttention.norm(latentNorm, 1e-6, latentDown.of(row(t)), 0, 8);
      PlainAttention.turn(turned[t], 8, 4, true, t);
      wide[t] = up.of(Arrays.copyOf(turned[t], 8));
      double[] y = new double[3 * 7];
      for (int h = 0; h < 3; h++) {
        double[] scores = new double[t + 1];
        for (int j = 0; j <= t; j++) {
          scores[j] =
              scale
                  * (PlainAttention.dot(query, h * 9, wide[j], h * 12, 5)
                      + PlainAttention.dot(query, h * 9 + 5, turned[j], 8, 4));
        }
        double[] weights = PlainAttention.softmax(scores, 0, Double.NaN);
        for (int j = 0; j <= t; j++) {
          for (int d = 0; d < 7; d++) {
            y[h * 7 + d] += weights[j] * wide[j][h * 12 + 5 + d];
          }
        }
      }
      exact[t] = o.of(y);
    }
    assertGives(mixer, exact);
    assertThat(mixer.kvShape().blockBytes()).isEqualTo(32L * 12 * Float.BYTES);
  }

  @Test
  void whatDoesNotFitIsNamed() {
    Linear ten = weight(10, 10, false).linear();
    Linear five = weight(5, 10, false).linear();
    AttentionShape shape = new AttentionShape(new KvShape(1, 5, 5, false), 2, 1f, 9);
    AttentionMixer.Extras plain = AttentionMixer.Extras.plain(Optional.empty());
    assertThatThrownBy(() ->
            new AttentionMixer(
                0, shape, new AttentionMixer.Projections(ten, ten, five, ten), plain))
        .hasMessageContaining("does not fit")
        .hasMessageContaining("F32[10, 10]");
    AttentionMixer.Projections fitting = new AttentionMixer.Projections(ten, five, five, ten);
    assertThatThrownBy(() ->
            new AttentionMixer(
                0,
                shape,
                fitting,
                AttentionMixer.Extras.plain(Optional.of(new Rope(RopePlan.plain(6, 9))))))
        .hasMessage("rope turns 6 values of a head that has 5");
    assertThatThrownBy(() ->
            new AttentionMixer(
                0,
                shape,
                fitting,
                new AttentionMixer.Extras(
                    Optional.of(new RmsNorm(new float[3], 0)),
                    Optional.empty(),
                    Optional.empty(),
                    new float[0],
                    1)))
        .hasMessage("a norm of 3; expected 5 or 10");
    assertThatThrownBy(() ->
            new AttentionMixer(
                0,
                shape,
                fitting,
                new AttentionMixer.Extras(
                    Optional.empty(), Optional.empty(), Optional.empty(), new float[3], 1)))
        .hasMessage("sinks has 3 values; expected 2");
  }
}
