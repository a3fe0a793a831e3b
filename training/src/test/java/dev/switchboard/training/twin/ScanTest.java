package dev.switchboard.training.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class ScanTest {
  private static final int SEQUENCES = 2;
  private static final int HEADS = 3;
  private static final int CHANNELS = 5;
  private static final int STATE = 7;

  /** One chunk, two, and enough for the state to be carried more than once. */
  @ParameterizedTest
  @ValueSource(ints = {1, 2, 17, 64, 128, 320})
  void chunksOfMatrixProductsEqualThePlainRecurrence(int length) {
    SplittableRandom random = new SplittableRandom(length);
    float[] x = numbers(random, SEQUENCES * length * HEADS * CHANNELS, -1, 1);
    float[] dt = numbers(random, SEQUENCES * length * HEADS, 0.01, 1.5);
    float[] rate = numbers(random, SEQUENCES * length * HEADS, -2, -0.001);
    float[] b = numbers(random, SEQUENCES * length * STATE, -1, 1);
    float[] c = numbers(random, SEQUENCES * length * STATE, -1, 1);
    Torch.start();
    float[] found;
    try (NDManager manager = NDManager.newBaseManager("PyTorch")) {
      found =
          new Scan(manager, Math.min(length, Scan.CHUNK))
              .run(
                  manager.create(x, new Shape(SEQUENCES, length, HEADS * CHANNELS)),
                  manager.create(dt, new Shape(SEQUENCES, length, HEADS)),
                  manager.create(rate, new Shape(SEQUENCES, length, HEADS)),
                  manager.create(b, new Shape(SEQUENCES, length, STATE)),
                  manager.create(c, new Shape(SEQUENCES, length, STATE)))
              .toFloatArray();
    }
    double[] expected = recurrence(length, x, dt, rate, b, c);
    assertThat(found).hasSize(expected.length);
    for (int i = 0; i < expected.length; i++) {
      assertThat((double) found[i]).isCloseTo(expected[i], within(2e-4));
    }
  }

  private static double[] recurrence(
      int length, float[] x, float[] dt, float[] rate, float[] b, float[] c) {
    double[] y = new double[x.length];
    for (int n = 0; n < SEQUENCES; n++) {
      for (int channel = 0; channel < HEADS * CHANNELS; channel++) {
        double[] state = new double[STATE];
        for (int t = 0; t < length; t++) {
          int token = n * length + t;
          int step = token * HEADS + channel / CHANNELS;
          int at = token * HEADS * CHANNELS + channel;
          for (int s = 0; s < STATE; s++) {
            state[s] = Math.exp(rate[step]) * state[s] + dt[step] * x[at] * b[token * STATE + s];
            y[at] += state[s] * c[token * STATE + s];
          }
        }
      }
    }
    return y;
  }

  private static float[] numbers(SplittableRandom random, int count, double from, double to) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextDouble(from, to);
    }
    return values;
  }
}
