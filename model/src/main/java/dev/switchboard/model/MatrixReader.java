package dev.switchboard.model;

import dev.switchboard.model.architecture.Fp8Blocks;
import dev.switchboard.model.architecture.MatrixPlan;
import dev.switchboard.model.architecture.Rows;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import dev.switchboard.model.kernel.RowSource;
import java.lang.foreign.MemorySegment;

/**
 * Packs a matrix from whichever form its tensor has: numbers by themselves, stored either way
 * round; blocks of GGUF; FP8 beside the scales of its blocks; MXFP4 in two tensors. Looks at no
 * more of the file than the rows that the plan means, and gives their pages back.
 *
 * @param checkpoint whose table of tensors has been compared with the plan
 */
record MatrixReader(Checkpoint checkpoint) {
  private static final int MXFP4_BLOCK = 32;

  PackedMatrix read(MatrixPlan plan, int expert) {
    String name = plan.tensorOf(expert);
    int matrix = plan.matrices() > 0 ? expert : 0;
    Tensor tensor = checkpoint.find(name).orElse(null);
    if (tensor == null) {
      return mxfp4(plan, name, matrix);
    }
    if (plan.transposed()) {
      return turned(plan, tensor, matrix);
    }
    Slab slab = Slab.of(checkpoint, name, matrix, plan.rows(), plan.columns());
    PackedMatrix packed =
        tensor.dtype() == DType.F8_E4M3
            ? fp8(plan, slab, name, matrix)
            : PackedMatrix.pack(format(tensor), plan.rows().count(), plan.columns(), slab);
    slab.release();
    return packed;
  }

  /** What {@code read(plan, expert).activationBlock()} will be, from the table of tensors alone. */
  int activationBlock(MatrixPlan plan, int expert) {
    return checkpoint
        .find(plan.tensorOf(expert))
        .map(tensor -> PackedMatrix.activationBlock(format(tensor)))
        .orElse(0);
  }

  /** Bytes of the file that {@code read(plan, expert)} takes, scales beside it not counted. */
  long bytes(MatrixPlan plan, int expert) {
    return checkpoint
        .find(plan.tensorOf(expert))
        .map(tensor -> tensor.dtype().bytes(plan.elements()))
        .orElseGet(() -> DType.MXFP4.bytes(plan.elements()));
  }

  private Format format(Tensor tensor) {
    for (Format format : Format.values()) {
      if (format.name().equals(tensor.dtype().name())) {
        return format;
      }
    }
    throw unsupported(tensor, "a type of weights");
  }

  private PackedMatrix turned(MatrixPlan plan, Tensor tensor, int matrix) {
    if (tensor.dtype().isBlock() || tensor.dtype() == DType.F8_E4M3) {
      throw unsupported(tensor, "F32, BF16 or F16: this matrix is stored [in, out]");
    }
    Rows inputs = Rows.all(plan.columns());
    Slab slab = Slab.of(checkpoint, tensor.name(), matrix, inputs, plan.rows().stored());
    PackedMatrix packed =
        PackedMatrix.pack(
            format(tensor), plan.rows().count(), plan.columns(), slab.turned(plan.rows()));
    slab.release();
    return packed;
  }

  /** One scale for each block of stored rows and columns. */
  private PackedMatrix fp8(MatrixPlan plan, Slab codes, String name, int matrix) {
    Fp8Blocks blocks = Fp8Blocks.of(checkpoint).orElseThrow();
    int across = Math.ceilDiv(plan.columns(), blocks.columns());
    Rows down = Rows.all(Math.ceilDiv(plan.rows().stored(), blocks.rows()));
    Slab inverse = Slab.of(checkpoint, name + "_scale_inv", matrix, down, across);
    MemorySegment scales = MemorySegment.ofArray(inverse.floats());
    inverse.release();
    long rowBytes = (long) across * Float.BYTES;
    RowSource scalesOfRow =
        row -> scales.asSlice(plan.rows().stored(row) / blocks.rows() * rowBytes, rowBytes);
    return PackedMatrix.packF8(
        plan.rows().count(), plan.columns(), codes, scalesOfRow, blocks.columns());
  }

  private PackedMatrix mxfp4(MatrixPlan plan, String name, int matrix) {
    Rows rows = plan.rows();
    int columns = plan.columns();
    Slab codes = Slab.of(checkpoint, name + "_blocks", matrix, rows, columns / 2);
    Slab powers = Slab.ofPowers(checkpoint, name + "_scales", matrix, rows, columns / MXFP4_BLOCK);
    PackedMatrix packed = PackedMatrix.packMxfp4(rows.count(), columns, codes, powers);
    codes.release();
    powers.release();
    return packed;
  }

  private CheckpointException unsupported(Tensor tensor, String expected) {
    return CheckpointException.in(
        checkpoint.fileOf(tensor.name()),
        "tensor %s is %s; expected %s",
        checkpoint.label(tensor.name()),
        tensor.dtype(),
        expected);
  }
}
