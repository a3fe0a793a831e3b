package dev.switchboard.model.reshape;

import dev.switchboard.model.architecture.MatrixPlan;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.checkpoint.Widen;
import java.util.function.IntUnaryOperator;

/**
 * A matrix of a plan as floats, row by row, straight from its file.
 *
 * @param order from the row that is asked for to the plan's
 */
record SourceMatrix(
    Checkpoint checkpoint, MatrixPlan plan, int expert, Tensor tensor, IntUnaryOperator order) {
  static final IntUnaryOperator AS_IT_IS = IntUnaryOperator.identity();

  /**
   * @throws CheckpointException if it is not stored as plain rows
   */
  static SourceMatrix of(
      Checkpoint checkpoint, MatrixPlan plan, int expert, IntUnaryOperator order) {
    String name = plan.tensorOf(expert);
    Tensor tensor = checkpoint.find(name).orElse(null);
    if (tensor == null
        || !Widen.TYPES.contains(tensor.dtype())
        || plan.transposed()
        || checkpoint.find(name + "_scale_inv").isPresent()) {
      throw CheckpointException.in(
          checkpoint.fileOf(name),
          "tensor %s is %s; expected one of %s by itself, row by row",
          checkpoint.label(name),
          tensor == null ? "in several parts" : tensor.dtype() + " with scales or turned",
          Widen.TYPES);
    }
    return new SourceMatrix(checkpoint, plan, expert, tensor, order);
  }

  int rows() {
    return plan.rows().count();
  }

  int columns() {
    return plan.columns();
  }

  /**
   * One row.
   *
   * @param out {@code [columns]} at {@code at}
   * @throws CheckpointException for NaN and infinity
   */
  void read(int row, float[] out, int at) {
    int stored = plan.rows().stored(order.applyAsInt(row));
    long before = plan.matrices() > 0 ? (long) expert * plan.rows().stored() : 0;
    long first = (before + stored) * plan.columns();
    Widen.row(tensor.dtype(), tensor.data(), tensor.byteOffset(first), out, at, columns());
    for (int i = at; i < at + columns(); i++) {
      if (!Float.isFinite(out[i])) {
        throw CheckpointException.in(
            checkpoint.fileOf(tensor.name()),
            "tensor %s holds NaN or infinity (row %s, column %s); expected finite weights",
            checkpoint.label(tensor.name()),
            stored,
            i - at);
      }
    }
  }

  /** Its pages are not needed for now. */
  void release() {
    tensor.release(0, tensor.elements());
  }
}
