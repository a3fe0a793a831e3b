package dev.switchboard.model.layer;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.architecture.RopePlan;
import dev.switchboard.model.architecture.RopePlan.Scaling;
import dev.switchboard.model.crew.Crew;
import dev.switchboard.model.kernel.AttentionKernels;
import dev.switchboard.model.kernel.Scratch;
import java.util.List;
import org.junit.jupiter.api.Test;

/** Frequencies against the published formulas, in double precision. */
class RopeTest {
  private static final int DIMS = 12;
  private static final double THETA = 10_000;

  private static Rope rope(Scaling scaling) {
    return new Rope(new RopePlan(DIMS, THETA, scaling, false));
  }

  private static double plain(int pair) {
    return Math.pow(THETA, -2.0 * pair / DIMS);
  }

  /** Cosine and sine of a pair, seen by turning (1, 0). */
  private static double[] turned(RopeTable table, int pair, long position) {
    float[] x = new float[DIMS];
    x[pair] = 1;
    turn(table, x, 0, position);
    return new double[] {x[pair], x[pair + DIMS / 2]};
  }

  private static void turn(RopeTable table, float[] x, int offset, long position) {
    AttentionKernels.turn(table, position, 1, x, offset, 1, DIMS, DIMS, new Scratch());
  }

  private static void assertTurns(
      Rope rope, long declared, double magnitude, double... frequencies) {
    for (int pair = 0; pair < DIMS / 2; pair++) {
      for (long position : new long[] {0, 1, 7, 255, 256, 1000}) {
        double[] actual = turned(rope.table(declared), pair, position);
        double angle = position * frequencies[pair];
        assertThat(actual[0]).isCloseTo(magnitude * Math.cos(angle), within(position));
        assertThat(actual[1]).isCloseTo(magnitude * Math.sin(angle), within(position));
      }
    }
  }

  private static org.assertj.core.data.Offset<Double> within(long position) {
    return org.assertj.core.data.Offset.offset(2e-7 * (position + 1));
  }

  private interface Frequency {
    double of(int pair);
  }

  private static double[] all(Frequency frequency) {
    double[] values = new double[DIMS / 2];
    for (int i = 0; i < values.length; i++) {
      values[i] = frequency.of(i);
    }
    return values;
  }

  @Test
  void plainAndLinear() {
    assertTurns(rope(new Scaling.Default()), 5, 1, all(RopeTest::plain));
    assertTurns(rope(new Scaling.Linear(4)), 5, 1, all(i -> plain(i) / 4));
  }

  @Test
  void dynamicGrowsItsBaseWithTheDeclaredLength() {
    Rope rope = rope(new Scaling.Dynamic(3, 40));
    assertTurns(rope, 13, 1, all(RopeTest::plain));
    assertTurns(rope, 40, 1, all(RopeTest::plain));
    double base = THETA * Math.pow(3 * 50 / 40.0 - 2, DIMS / (DIMS - 2.0));
    assertTurns(rope, 50, 1, all(i -> Math.pow(base, -2.0 * i / DIMS)));
    assertThat(rope.table(13)).isSameAs(rope.table(40)).isNotSameAs(rope.table(50));
    assertThat(rope.variant(50)).isNotEqualTo(rope.variant(51));
    assertThat(rope.variant(3)).isEqualTo(rope.variant(4));
    for (int declared = 100; declared < 200; declared++) {
      rope.table(declared);
    }
    assertTurns(rope, 50, 1, all(i -> Math.pow(base, -2.0 * i / DIMS)));
  }

  @Test
  void yarnKeepsFastPairsAndDividesSlowOnes() {
    // Over 64 positions: more than 32 turns none, less than one turn from pair 0.76 on.
    double low = DIMS * Math.log(64 / (32 * 2 * Math.PI)) / (2 * Math.log(THETA));
    double high = DIMS * Math.log(64 / (2 * Math.PI)) / (2 * Math.log(THETA));
    double magnitude = 0.1 * Math.log(4) + 1;
    for (boolean truncate : new boolean[] {true, false}) {
      double from = Math.max(0, truncate ? Math.floor(low) : low);
      double to = truncate ? Math.ceil(high) : high;
      double[] expected =
          all(i -> {
            double slow = Math.clamp((i - from) / (to - from), 0, 1);
            return plain(i) / 4 * slow + plain(i) * (1 - slow);
          });
      Rope rope = rope(new Scaling.Yarn(4, 32, 1, 64, truncate, magnitude));
      assertTurns(rope, 5, magnitude, expected);
    }
  }

  @Test
  void longRopeChoosesItsFactorsByTheDeclaredLength() {
    List<Float> brief = List.of(1f, 1f, 1.1f, 1.2f, 1.5f, 2f);
    List<Float> lengthy = List.of(1.2f, 1.5f, 2f, 3f, 4f, 6.5f);
    Rope rope = rope(new Scaling.LongRope(brief, lengthy, 40, 1.25));
    assertTurns(rope, 40, 1.25, all(i -> plain(i) / brief.get(i)));
    assertTurns(rope, 41, 1.25, all(i -> plain(i) / lengthy.get(i)));
    assertThat(rope.variant(40)).isNotEqualTo(rope.variant(41));
    assertThat(rope.variant(41)).isEqualTo(rope.variant(99));
  }

  @Test
  void llama3SmoothsBetweenFastAndSlow() {
    double[] expected =
        all(i -> {
          double turns = 64 / (2 * Math.PI / plain(i));
          double kept = Math.clamp((turns - 1) / 3, 0, 1);
          return plain(i) * kept + plain(i) / 8 * (1 - kept);
        });
    assertTurns(rope(new Scaling.Llama3(8, 1, 4, 64)), 5, 1, expected);
  }

  @Test
  void neighboursTurnAsHalvesDo() {
    RopeTable halves = rope(new Scaling.Default()).table(1);
    RopeTable neighbours =
        new Rope(new RopePlan(DIMS, THETA, new Scaling.Default(), true)).table(1);
    float[] x = new float[2 * (DIMS + 3)];
    float[] y = new float[x.length];
    for (int head = 0; head < 2; head++) {
      for (int i = 0; i < DIMS; i++) {
        int other = i % 2 * (DIMS / 2) + i / 2;
        x[head * (DIMS + 3) + 1 + i] = head + i;
        y[head * (DIMS + 3) + 1 + other] = head + i;
      }
      x[head * (DIMS + 3) + DIMS + 2] = 77;
    }
    AttentionKernels.turn(neighbours, 300, 1, x, 1, 2, DIMS + 3, 0, new Scratch());
    AttentionKernels.turn(halves, 300, 1, y, 1, 2, DIMS + 3, 0, new Scratch());

    for (int head = 0; head < 2; head++) {
      for (int i = 0; i < DIMS; i++) {
        int other = i % 2 * (DIMS / 2) + i / 2;
        assertThat(x[head * (DIMS + 3) + 1 + i]).isEqualTo(y[head * (DIMS + 3) + 1 + other]);
      }
      assertThat(x[head * (DIMS + 3) + DIMS + 2]).isEqualTo(77);
    }
    assertThat(x[1]).isNotZero();
  }

  @Test
  void positionsHaveAnEnd() {
    RopeTable table = rope(new Scaling.Default()).table(1);
    float[] x = new float[DIMS];
    assertThatThrownBy(() -> turn(table, x, 0, 1 << 24)).hasMessageContaining("16777216");
    assertThatThrownBy(() -> turn(table, x, 1, 0)).hasMessageContaining("turnHalves");
  }

  @Test
  void aCrewTurnsAsOneDoes() {
    RopeTable table = rope(new Scaling.Default()).table(1);
    int heads = 40;
    int tokens = 70;
    float[] alone = new float[tokens * heads * DIMS];
    for (int i = 0; i < alone.length; i++) {
      alone[i] = i % 101 - 50;
    }
    float[] shared = alone.clone();
    int row = heads * DIMS;
    AttentionKernels.turn(table, 250, tokens, alone, 0, heads, DIMS, row, new Scratch());
    try (Crew crew = Crew.of("test", 3)) {
      AttentionKernels.turn(table, 250, tokens, shared, 0, heads, DIMS, row, new Scratch(crew));
    }
    assertThat(shared).isEqualTo(alone);
  }
}
