package dev.switchboard.training.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;

class HeadTest {
  private static final int ROWS = 1030; // two blocks and a rest
  private static final int VOCABULARY = 11;
  private static final int WIDTH = 4;

  @Test
  void theGradientWrittenByHandIsAutogradsOwn() {
    Torch.start();
    Torch.recording(true);
    SplittableRandom random = new SplittableRandom(5);
    long[] targets = random.longs(ROWS, 0, VOCABULARY).toArray();
    float[] weight = new float[ROWS];
    for (int i = 0; i < ROWS; i++) {
      weight[i] = random.nextFloat() / ROWS;
    }
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        NDManager step = manager.newSubManager()) {
      NDArray table =
          Torch.leaf(
              manager, numbers(random, VOCABULARY * WIDTH), new Shape(VOCABULARY, WIDTH), true);
      NDArray hidden =
          Torch.leaf(manager, numbers(random, ROWS * WIDTH), new Shape(ROWS, WIDTH), true);
      NDArray view = hidden.mul(hidden.onesLike());
      view.attach(step);
      Head.backward(view, table, targets, weight);
      float[] byHand = Torch.gradient(hidden).toFloatArray();
      float[] tableByHand = Torch.gradient(table).toFloatArray();
      Torch.clearGradient(hidden);
      Torch.clearGradient(table);

      NDArray logP = hidden.matMul(table.transpose()).logSoftmax(1);
      NDArray picked = logP.gather(manager.create(targets).reshape(new Shape(ROWS, 1)), 1);
      NDArray loss = picked.mul(manager.create(weight).reshape(new Shape(ROWS, 1))).sum().neg();
      Torch.backward(loss, loss.onesLike());
      assertClose(byHand, Torch.gradient(hidden).toFloatArray());
      assertClose(tableByHand, Torch.gradient(table).toFloatArray());
    }
  }

  private static void assertClose(float[] found, float[] expected) {
    for (int i = 0; i < expected.length; i++) {
      assertThat(found[i]).isCloseTo(expected[i], within(1e-5f));
    }
  }

  private static float[] numbers(SplittableRandom random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) random.nextGaussian();
    }
    return values;
  }
}
