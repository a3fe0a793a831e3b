package dev.switchboard.model;

import dev.switchboard.model.architecture.LinearPlan;
import dev.switchboard.model.architecture.MatrixPlan;
import dev.switchboard.model.architecture.NormPlan;
import dev.switchboard.model.architecture.VectorPlan;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import dev.switchboard.model.layer.Linear;
import dev.switchboard.model.layer.RmsNorm;
import java.lang.foreign.MemorySegment;
import java.util.ArrayList;
import java.util.List;

/**
 * From a checkpoint's tensors to what layers are made of. Nothing made here needs the file again.
 * An expert's index matters only where a plan's tensors depend on it.
 */
record Weights(Checkpoint checkpoint) {
  /** A small tensor, as floats. */
  float[] floats(String name, long... shape) {
    return checkpoint.tensor(name, shape).toFloats();
  }

  float[] vector(VectorPlan plan, int expert) {
    long stored = plan.rows().stored();
    long first = plan.vectors() > 0 ? expert * stored : 0;
    float[] all = part(plan.tensorOf(expert), first, stored).toFloats();
    float[] values = new float[plan.rows().count()];
    for (int i = 0; i < values.length; i++) {
      values[i] = all[plan.rows().stored(i)];
    }
    return values;
  }

  Linear linear(LinearPlan plan, int expert) {
    return new Linear(
        matrix(plan.weight(), expert),
        plan.bias().map(bias -> vector(bias, expert)).orElse(new float[0]));
  }

  RmsNorm norm(NormPlan plan) {
    float[] weight = floats(plan.tensor(), plan.width());
    for (int i = 0; i < weight.length; i++) {
      weight[i] += plan.offset();
    }
    return new RmsNorm(weight, plan.eps());
  }

  PackedMatrix matrix(MatrixPlan plan, int expert) {
    String name = plan.tensorOf(expert);
    long stored = (long) plan.rows().stored() * plan.columns();
    Tensor tensor = part(name, plan.matrices() > 0 ? expert * stored : 0, stored);
    MemorySegment data =
        plan.transposed()
            ? transposed(tensor, plan.rows().stored(), plan.columns())
            : tensor.data();
    long rowBytes = tensor.dtype().bytes(plan.columns());
    List<MemorySegment> rows = new ArrayList<>();
    for (int i = 0; i < plan.rows().count(); i++) {
      rows.add(widened(tensor, data.asSlice(plan.rows().stored(i) * rowBytes, rowBytes)));
    }
    Format format = tensor.dtype() == DType.BF16 ? Format.BF16 : Format.F32;
    return PackedMatrix.pack(format, plan.columns(), rows);
  }

  /** Neighbouring elements of a tensor that the plan has found there, as a tensor of one axis. */
  private Tensor part(String name, long first, long count) {
    Tensor whole = checkpoint.find(name).orElseThrow();
    checkpoint.requireFinite(name, first, count);
    DType dtype = whole.dtype();
    MemorySegment data = whole.data().asSlice(dtype.bytes(first), dtype.bytes(count));
    return new Tensor(name, dtype, List.of(count), data);
  }

  /** {@code [columns, rows]} to {@code [rows, columns]}. */
  private static MemorySegment transposed(Tensor tensor, int rows, int columns) {
    int width = tensor.dtype().elementBytes();
    byte[] out = new byte[Math.toIntExact(tensor.data().byteSize())];
    MemorySegment from = tensor.data();
    MemorySegment to = MemorySegment.ofArray(out);
    for (long c = 0; c < columns; c++) {
      for (long r = 0; r < rows; r++) {
        MemorySegment.copy(from, (c * rows + r) * width, to, (r * columns + c) * width, width);
      }
    }
    return to;
  }

  private MemorySegment widened(Tensor tensor, MemorySegment row) {
    return switch (tensor.dtype()) {
      case F32, BF16 -> row;
      case F16 ->
          MemorySegment.ofArray(
              new Tensor(tensor.name(), DType.F16, List.of(row.byteSize() / 2), row).toFloats());
      default ->
          throw CheckpointException.in(
              checkpoint.fileOf(tensor.name()),
              "tensor %s is %s, which has no arithmetic here",
              tensor.name(),
              tensor.dtype());
    };
  }
}
