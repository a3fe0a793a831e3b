package dev.switchboard.training.optim;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.types.Shape;

/** The nearest matrix whose singular values are about one, by a quintic Newton-Schulz iteration. */
final class Orthogonal {
  private static final int ITERATIONS = 5;
  private static final float A = 3.4445f;
  private static final float B = -4.7750f;
  private static final float C = 2.0315f;

  private Orthogonal() {}

  /** Each matrix {@code [rows, columns]} of {@code [..., rows, columns]} by itself. */
  static NDArray of(NDArray matrices) {
    Shape shape = matrices.getShape();
    int dims = shape.dimension();
    NDArray x = matrices.reshape(-1, shape.get(dims - 2), shape.get(dims - 1));
    boolean tall = shape.get(dims - 2) > shape.get(dims - 1);
    if (tall) {
      x = x.transpose(0, 2, 1);
    }
    x = x.div(x.square().sum(new int[] {1, 2}, true).sqrt().add(1e-12f));
    for (int i = 0; i < ITERATIONS; i++) {
      NDArray square = x.matMul(x.transpose(0, 2, 1));
      NDArray mixed = square.mul(B).add(square.matMul(square).mul(C));
      x = x.mul(A).add(mixed.matMul(x));
    }
    return (tall ? x.transpose(0, 2, 1) : x).reshape(shape);
  }
}
