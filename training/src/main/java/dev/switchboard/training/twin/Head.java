package dev.switchboard.training.twin;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.ndarray.types.Shape;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * The tied head with its loss. Its gradient is written out by hand, a block of rows at a time: the
 * logits of a batch are by far its largest array, and this way they are read and written twice
 * instead of six times.
 */
public final class Head {
  private static final int BLOCK_ROWS = 512;

  private Head() {}

  /**
   * Cross-entropy of every row, in nats, without gradients.
   *
   * @param hidden {@code [m, d]}
   * @param embedding {@code [V, d]}
   * @param targets m token ids
   */
  public static float[] losses(NDArray hidden, NDArray embedding, long[] targets) {
    return run(hidden, embedding, targets, null, false).losses();
  }

  /**
   * Cross-entropy of every row and its gradient. Differentiates everything below {@code hidden},
   * and the embedding if it is trainable.
   *
   * @param rowWeight weight of each row in the sum that is differentiated
   */
  public static float[] backward(
      NDArray hidden, NDArray embedding, long[] targets, float[] rowWeight) {
    Result result = run(hidden, embedding, targets, rowWeight, embedding.hasGradient());
    NDArray seed = result.gradient();
    if (seed == null) {
      throw new IllegalStateException("no gradient of the hidden states");
    }
    Torch.backward(hidden, seed);
    return result.losses();
  }

  /**
   * Gradient of the weighted loss by the hidden states, {@code [m, d]}: to be added to other terms.
   */
  public static Result gradient(
      NDArray hidden, NDArray embedding, long[] targets, float[] rowWeight) {
    return run(hidden, embedding, targets, rowWeight, false);
  }

  private static Result run(
      NDArray hidden,
      NDArray embedding,
      long[] targets,
      float @Nullable [] rowWeight,
      boolean embeddingGradient) {
    Torch.recording(false);
    NDManager step = hidden.getManager();
    int rows = targets.length;
    float[] losses = new float[rows];
    NDArray h = Torch.detached(step, hidden);
    NDArray table = Torch.detached(step, embedding);
    NDArray gradient = rowWeight == null ? null : h.zerosLike();
    NDArray tableGradient = embeddingGradient ? table.zerosLike() : null;
    for (int from = 0; from < rows; from += BLOCK_ROWS) {
      int to = Math.min(rows, from + BLOCK_ROWS);
      try (NDManager block = step.newSubManager()) {
        NDArray part = h.get(new NDIndex("{}:{}", from, to));
        part.attach(block);
        long[] wanted = Arrays.copyOfRange(targets, from, to);
        NDArray ids = block.create(wanted);
        NDArray p = part.matMul(table.transpose()).softmax(1);
        NDArray picked = p.gather(ids.reshape(new Shape(to - from, 1)), 1);
        float[] probability = picked.toFloatArray();
        for (int i = 0; i < probability.length; i++) {
          losses[from + i] = (float) -Math.log(Math.max(probability[i], 1e-30f));
        }
        if (gradient != null && rowWeight != null) {
          NDArray weight =
              block
                  .create(Arrays.copyOfRange(rowWeight, from, to))
                  .reshape(new Shape(to - from, 1));
          p.muli(weight);
          NDArray pulled = Torch.rows(table, ids).mul(weight);
          gradient.set(new NDIndex("{}:{}", from, to), p.matMul(table).sub(pulled));
          if (tableGradient != null) {
            tableGradient.addi(p.transpose().matMul(part));
          }
        }
      }
    }
    Torch.recording(true);
    if (tableGradient != null && rowWeight != null) {
      pushTable(h, embedding, targets, rowWeight, tableGradient);
    }
    return new Result(losses, gradient);
  }

  /** The embedding's share: {@code p^T h} from above, less the rows of the targets. */
  private static void pushTable(
      NDArray hidden, NDArray embedding, long[] targets, float[] rowWeight, NDArray gradient) {
    Torch.backward(embedding, gradient);
    NDManager step = hidden.getManager();
    NDArray weight = step.create(rowWeight).reshape(new Shape(rowWeight.length, 1));
    NDArray rows = Torch.rows(embedding, step.create(targets));
    Torch.backward(rows, hidden.mul(weight).neg());
  }

  /**
   * @param losses nats of each row
   * @param gradient by the hidden states, or null if none was asked for
   */
  public record Result(float[] losses, @Nullable NDArray gradient) {}
}
