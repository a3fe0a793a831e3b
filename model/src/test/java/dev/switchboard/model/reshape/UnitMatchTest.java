package dev.switchboard.model.reshape;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.util.Arrays;
import java.util.Random;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class UnitMatchTest {
  @Test
  void noOtherMatchIsBetter() {
    Random random = new Random(4);
    for (int n = 1; n <= 6; n++) {
      for (int round = 0; round < 20; round++) {
        float[][] like = new float[n][n];
        for (float[] row : like) {
          for (int j = 0; j < n; j++) {
            row[j] = random.nextInt(-4, 5);
          }
        }
        int[] match = UnitMatch.best(like);
        assertThat(match).containsExactlyInAnyOrder(IntStream.range(0, n).toArray());
        assertThat(sum(like, match)).isCloseTo(most(like, 0, new boolean[n]), within(1e-6));
      }
    }
  }

  private static double sum(float[][] like, int[] match) {
    return IntStream.range(0, match.length).mapToDouble(i -> like[i][match[i]]).sum();
  }

  private static double most(float[][] like, int row, boolean[] taken) {
    if (row == like.length) {
      return 0;
    }
    double most = Double.NEGATIVE_INFINITY;
    for (int j = 0; j < taken.length; j++) {
      if (!taken[j]) {
        taken[j] = true;
        most = Math.max(most, like[row][j] + most(like, row + 1, taken));
        taken[j] = false;
      }
    }
    return most;
  }

  @Test
  void aShuffledOrderIsFound() {
    int[] order = {3, 0, 2, 1};
    float[][] like = new float[4][4];
    for (int i = 0; i < 4; i++) {
      Arrays.fill(like[i], 0.5f);
      like[i][order[i]] = 1;
    }
    assertThat(UnitMatch.best(like)).containsExactly(order);
  }
}
