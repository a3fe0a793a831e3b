package dev.switchboard.model.sampling;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class SamplerTest {
  private static final int[] NO_HISTORY = {};

  private static SamplingParams params(float temperature, int topK, float topP, float minP) {
    return new SamplingParams(temperature, topK, topP, minP, 1f, 0f, 0f, 42);
  }

  private static SamplingParams penalties(float repetition, float presence, float frequency) {
    return new SamplingParams(0f, 0, 1f, 0f, repetition, presence, frequency, 42);
  }

  /** How often each token is drawn over many positions. */
  private static double[] shares(float[] logits, SamplingParams params, int positions) {
    int[] counts = new int[logits.length];
    for (int position = 0; position < positions; position++) {
      counts[Sampler.sample(logits, params, NO_HISTORY, position)]++;
    }
    return Arrays.stream(counts).mapToDouble(count -> (double) count / positions).toArray();
  }

  private static int greedy(float[] logits, SamplingParams params, int... history) {
    return Sampler.sample(logits, params, history, 0);
  }

  @Test
  void greedyTakesTheLargestAndTheFirstOfEquals() {
    assertThat(greedy(new float[] {-3, 2, 1}, SamplingParams.greedy())).isEqualTo(1);
    assertThat(greedy(new float[] {-3, 2, 2}, SamplingParams.greedy())).isEqualTo(1);
    assertThat(greedy(new float[] {-1, -0f, 0f}, SamplingParams.greedy())).isEqualTo(1);
    assertThat(greedy(new float[] {5}, SamplingParams.greedy())).isZero();
  }

  @Test
  void drawsByTheSoftmax() {
    float[] logits = {0f, 1f, 2f, -1f, 1.5f};
    for (float temperature : new float[] {0.5f, 1f, 3f}) {
      double total =
          IntStream.range(0, 5).mapToDouble(i -> Math.exp(logits[i] / temperature)).sum();
      double[] shares = shares(logits, params(temperature, 0, 1f, 0f), 40_000);
      for (int i = 0; i < logits.length; i++) {
        assertThat(shares[i]).isCloseTo(Math.exp(logits[i] / temperature) / total, within(0.01));
      }
    }
  }

  @Test
  void topKKeepsExactlyKAndTheFirstOfEquals() {
    float[] logits = {1f, 3f, 2f, 2f, 2f};
    assertThat(shares(logits, params(1f, 1, 1f, 0f), 200)).containsExactly(one(5, 1));
    double[] two = shares(logits, params(1f, 2, 1f, 0f), 20_000);
    assertThat(two[3] + two[4] + two[0]).isZero();
    assertThat(two[2]).isCloseTo(1 / (1 + Math.E), within(0.02));
    double[] all = shares(logits, params(1f, 5, 1f, 0f), 20_000);
    assertThat(all).isEqualTo(shares(logits, params(1f, 0, 1f, 0f), 20_000));
  }

  @Test
  void topPKeepsTheShortestRunThatReachesIt() {
    // 0.5, 0.25, 0.125, 0.125
    float half = (float) Math.log(2);
    float[] logits = {-half, 0f, -2 * half, -2 * half};
    assertThat(alive(shares(logits, params(1f, 0, 0.01f, 0f), 2_000))).containsExactly(1);
    assertThat(alive(shares(logits, params(1f, 0, 0.49f, 0f), 2_000))).containsExactly(1);
    assertThat(alive(shares(logits, params(1f, 0, 0.51f, 0f), 2_000))).containsExactly(0, 1);
    assertThat(alive(shares(logits, params(1f, 0, 0.8f, 0f), 2_000))).containsExactly(0, 1, 2);
    assertThat(alive(shares(logits, params(1f, 0, 0.99f, 0f), 2_000))).containsExactly(0, 1, 2, 3);
    // After top-k the shares are of what was kept: 2/3, 1/3.
    assertThat(alive(shares(logits, params(1f, 2, 0.6f, 0f), 2_000))).containsExactly(1);
  }

  @Test
  void minPKeepsWhatIsProbableEnoughBesideTheBest() {
    float half = (float) Math.log(2);
    float[] logits = {-half, 0f, -2 * half, -3 * half};
    assertThat(alive(shares(logits, params(1f, 0, 1f, 0.3f), 2_000))).containsExactly(0, 1);
    assertThat(alive(shares(logits, params(1f, 0, 1f, 0.2f), 2_000))).containsExactly(0, 1, 2);
    assertThat(alive(shares(logits, params(1f, 0, 1f, 1f), 2_000))).containsExactly(1);
  }

  @Test
  void theNucleusOfALargeVocabularyIsThatOfAFullSort() {
    Random random = new Random(3);
    float[] logits = new float[5_000];
    for (int i = 0; i < logits.length; i++) {
      logits[i] = (float) (random.nextGaussian() * 4);
    }
    Integer[] order = IntStream.range(0, logits.length).boxed().toArray(Integer[]::new);
    Arrays.sort(order, (a, b) -> Float.compare(logits[b], logits[a]));
    double total = IntStream.range(0, logits.length).mapToDouble(i -> Math.exp(logits[i])).sum();
    double sum = 0;
    int size = 0;
    while (sum < 0.9 * total) {
      sum += Math.exp(logits[order[size++]]);
    }
    double[] shares = shares(logits, params(1f, 0, 0.9f, 0f), 1_500);
    assertThat(Arrays.asList(order).subList(0, size))
        .containsAll(Arrays.stream(alive(shares)).boxed().toList());
    assertThat(shares[order[0]]).isCloseTo(Math.exp(logits[order[0]]) / sum, within(0.05));
    assertThat(Ranking.best(logits, IntStream.range(0, 5_000).toArray(), 777))
        .containsExactly(IntStream.range(0, 777).map(i -> order[i]).toArray());
  }

  @Test
  void aTinyTemperatureIsGreedyAndNothingOverflows() {
    float[] logits = {1f, 1.001f, -Float.MAX_VALUE, 0f};
    assertThat(shares(logits, params(1e-30f, 0, 1f, 0f), 100)).containsExactly(one(4, 1));
    assertThat(
            shares(new float[] {Float.MAX_VALUE, -Float.MAX_VALUE}, params(1f, 0, 0.9f, 0f), 100))
        .containsExactly(one(2, 0));
  }

  @Test
  void theSameSeedAndPositionDrawTheSame() {
    float[] logits = new float[100];
    SamplingParams seeded = params(1f, 0, 1f, 0f);
    int[] first =
        IntStream.range(0, 200).map(p -> Sampler.sample(logits, seeded, NO_HISTORY, p)).toArray();
    int[] backwards =
        IntStream.range(0, 200)
            .map(p -> Sampler.sample(logits, seeded, NO_HISTORY, 199 - p))
            .toArray();
    for (int p = 0; p < 200; p++) {
      assertThat(backwards[199 - p]).isEqualTo(first[p]);
    }
    SamplingParams other = new SamplingParams(1f, 0, 1f, 0f, 1f, 0f, 0f, 43);
    int[] second =
        IntStream.range(0, 200).map(p -> Sampler.sample(logits, other, NO_HISTORY, p)).toArray();
    assertThat(IntStream.range(0, 200).filter(p -> first[p] == second[p]).count()).isLessThan(20);
  }

  @Test
  void repetitionCountsPromptAndGenerated() {
    float[] logits = {2f, 1.5f, -1f};
    assertThat(greedy(logits, penalties(2f, 0f, 0f))).isZero();
    assertThat(greedy(logits, penalties(2f, 0f, 0f), 0, 0, 0)).isEqualTo(1);
    assertThat(Sampler.sample(logits, penalties(2f, 0f, 0f), new int[] {0}, 1, 0)).isEqualTo(1);
    // A negative logit falls too.
    assertThat(greedy(new float[] {-1f, -1.5f}, penalties(2f, 0f, 0f), 0)).isEqualTo(1);
    assertThat(logits).containsExactly(2f, 1.5f, -1f);
  }

  @Test
  void presenceAndFrequencyCountGeneratedTokensOnly() {
    float[] logits = {2f, 1.5f, 1.25f};
    assertThat(greedy(logits, penalties(1f, 0.6f, 0f), 0)).isEqualTo(1);
    assertThat(Sampler.sample(logits, penalties(1f, 0.6f, 0f), new int[] {0}, 1, 0)).isZero();
    assertThat(greedy(logits, penalties(1f, 0f, 0.4f), 0)).isZero();
    assertThat(greedy(logits, penalties(1f, 0f, 0.4f), 0, 0)).isEqualTo(1);
    assertThat(greedy(logits, penalties(1f, 0f, 0.4f), 0, 1, 0, 1, 1)).isEqualTo(2);
    assertThatThrownBy(() -> greedy(logits, penalties(1f, 0f, 0.4f), 3))
        .isInstanceOf(IllegalArgumentException.class)
        .hasMessageContainingAll("token 3", "0 to 2");
  }

  @Test
  void refusesLogitsThatAreNotFinite() {
    for (float bad : new float[] {Float.NaN, Float.POSITIVE_INFINITY, Float.NEGATIVE_INFINITY}) {
      for (SamplingParams params :
          new SamplingParams[] {SamplingParams.greedy(), params(1f, 3, 0.5f, 0.1f)}) {
        assertThatThrownBy(() -> Sampler.sample(new float[] {0f, 1f, bad}, params, NO_HISTORY, 17))
            .isInstanceOf(NonFiniteLogitException.class)
            .hasMessageContainingAll("token 2", "position 17", "" + bad);
      }
    }
  }

  private static double[] one(int size, int index) {
    return IntStream.range(0, size).mapToDouble(i -> i == index ? 1 : 0).toArray();
  }

  private static int[] alive(double[] shares) {
    return IntStream.range(0, shares.length).filter(i -> shares[i] > 0).toArray();
  }
}
