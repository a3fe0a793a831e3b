package dev.switchboard.model.quantise;

import dev.switchboard.model.architecture.MatrixPlan;
import dev.switchboard.model.architecture.NormPlan;
import dev.switchboard.model.architecture.VectorPlan;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.checkpoint.Widen;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.function.IntUnaryOperator;

/** The tensors of a plan, one after the other under the names of a GGUF file. */
final class PlanRows {
  /** Rows in the plan's order. */
  static final IntUnaryOperator AS_IT_IS = IntUnaryOperator.identity();

  private final Checkpoint checkpoint;
  private final List<Draft> drafts = new ArrayList<>();

  PlanRows(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
  }

  List<Draft> drafts() {
    return drafts;
  }

  /** A matrix {@code [rows, columns]}. */
  void matrix(String name, MatrixPlan plan) {
    matrix(name, plan, AS_IT_IS);
  }

  /**
   * A matrix whose rows stand in another order in the file.
   *
   * @param order from the row of the written tensor to the plan's
   */
  void matrix(String name, MatrixPlan plan, IntUnaryOperator order) {
    Tensor tensor = plain(plan.tensorOf(0));
    boolean whole = tensor.elements() == plan.elements() && order == AS_IT_IS;
    drafts.add(
        new Draft(
            name,
            List.of((long) plan.rows().count(), (long) plan.columns()),
            DType.F32,
            rows(plan, order),
            whole ? Optional.of(tensor) : Optional.empty()));
  }

  /** The matrices of all experts, {@code [experts, rows, columns]}. */
  void experts(String name, MatrixPlan plan, int experts) {
    for (int e = 0; e < experts; e++) {
      plain(plan.tensorOf(e));
    }
    drafts.add(
        new Draft(
            name,
            List.of((long) experts, (long) plan.rows().count(), (long) plan.columns()),
            DType.F32,
            rows(plan, AS_IT_IS),
            Optional.empty()));
  }

  void vector(String name, VectorPlan plan, IntUnaryOperator order) {
    float[] stored = plain(plan.tensorOf(0)).toFloats();
    float[] values = new float[plan.rows().count()];
    for (int i = 0; i < values.length; i++) {
      values[i] = stored[plan.rows().stored(order.applyAsInt(i))];
    }
    values(name, values, values.length);
  }

  /** A norm's weight, with what the family's own files leave out. */
  void norm(String name, NormPlan plan) {
    float[] values = plain(plan.tensor()).toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] += plan.offset();
    }
    values(name, values, values.length);
  }

  /** A small tensor of this checkpoint under another name and shape. */
  void small(String name, String tensor, long... shape) {
    values(name, plain(tensor).toFloats(), shape);
  }

  /** A = -exp of the stored logarithms. */
  void decay(String name, String tensor, long... shape) {
    float[] values = plain(tensor).toFloats();
    for (int i = 0; i < values.length; i++) {
      values[i] = (float) -StrictMath.exp(values[i]);
    }
    values(name, values, shape);
  }

  /** A small tensor that is computed. */
  void values(String name, float[] values, long... shape) {
    List<Long> extents = new ArrayList<>();
    for (long extent : shape) {
      extents.add(extent);
    }
    drafts.add(
        new Draft(
            name,
            extents,
            DType.F32,
            (index, out) ->
                System.arraycopy(values, Math.toIntExact(index * out.length), out, 0, out.length),
            Optional.empty()));
  }

  private Draft.Rows rows(MatrixPlan plan, IntUnaryOperator order) {
    int count = plan.rows().count();
    long stored = (long) plan.rows().stored() * plan.columns();
    return (index, out) -> {
      int expert = (int) (index / count);
      int row = plan.rows().stored(order.applyAsInt((int) (index % count)));
      Tensor tensor = plain(plan.tensorOf(expert));
      long first = (plan.matrices() > 0 ? expert * stored : 0) + (long) row * plan.columns();
      Widen.row(tensor.dtype(), tensor.data(), tensor.byteOffset(first), out, 0, out.length);
    };
  }

  /** A tensor that holds plain floats, in rows. */
  private Tensor plain(String name) {
    Tensor tensor =
        checkpoint
            .find(name)
            .orElseThrow(() ->
                CheckpointException.in(
                    checkpoint.fileOf(name), "tensor %s is missing as plain floats", name));
    if (checkpoint.find(name + "_scale_inv").isPresent()) {
      throw CheckpointException.in(
          checkpoint.fileOf(name),
          "tensor %s is %s with scales of blocks, which is not rounded again",
          name,
          tensor.dtype());
    }
    return tensor;
  }
}
