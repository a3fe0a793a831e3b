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
import dev.switchboard.model.kernel.PackedShape;
import dev.switchboard.model.kernel.Packing;
import dev.switchboard.model.kernel.RowSource;
import dev.switchboard.model.packcache.PackStore;
import java.lang.foreign.MemorySegment;
import java.util.function.Supplier;

/**
 * Packs a matrix from whichever form its tensor has: numbers by themselves, stored either way
 * round; blocks of GGUF; FP8 beside the scales of its blocks; MXFP4 in two tensors. Looks at no
 * more of the file than the rows that the plan means, and gives their pages back; at nothing where
 * the matrix is found packed.
 *
 * @param checkpoint whose table of tensors has been compared with the plan
 * @param store where packed matrices live
 */
record MatrixReader(Checkpoint checkpoint, PackStore store) {
  private static final int MXFP4_BLOCK = 32;
  private static final String BLOCKS = "_blocks";

  PackedMatrix read(MatrixPlan plan, int expert) {
    String name = plan.tensorOf(expert);
    int matrix = plan.matrices() > 0 ? expert : 0;
    try (OpenSlabs slabs = new OpenSlabs()) {
      Tensor tensor = checkpoint.find(name).orElse(null);
      if (tensor == null) {
        return store.matrix(origin(plan, name + BLOCKS, matrix), mxfp4(plan, name, matrix, slabs));
      }
      Packing packing;
      if (plan.transposed()) {
        packing = turned(plan, tensor, matrix, slabs);
      } else if (tensor.dtype() == DType.F8_E4M3) {
        packing = fp8(plan, name, matrix, slabs);
      } else {
        packing = plain(plan, tensor, matrix, slabs);
      }
      return store.matrix(origin(plan, name, matrix), packing);
    }
  }

  /** Of which bytes of the files a matrix is made, and how; blank if they are not of the files. */
  private String origin(MatrixPlan plan, String tensor, int matrix) {
    return checkpoint
        .origin(tensor)
        .map(at ->
            "%s matrix %s, %s of %s columns%s"
                .formatted(
                    at, matrix, plan.rows(), plan.columns(), plan.transposed() ? ", turned" : ""))
        .orElse("");
  }

  private PackedShape shape(Format format, MatrixPlan plan) {
    return PackedShape.of(format, plan.rows().count(), plan.columns());
  }

  private Packing plain(MatrixPlan plan, Tensor tensor, int matrix, OpenSlabs slabs) {
    Supplier<Slab> rows =
        slabs.once(() -> Slab.of(checkpoint, tensor.name(), matrix, plan.rows(), plan.columns()));
    return Packing.of(shape(format(tensor), plan), rows::get);
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

  private Packing turned(MatrixPlan plan, Tensor tensor, int matrix, OpenSlabs slabs) {
    if (tensor.dtype().isBlock() || tensor.dtype() == DType.F8_E4M3) {
      throw unsupported(tensor, "F32, BF16 or F16: this matrix is stored [in, out]");
    }
    Rows inputs = Rows.all(plan.columns());
    Supplier<Slab> slab =
        slabs.once(() -> Slab.of(checkpoint, tensor.name(), matrix, inputs, plan.rows().stored()));
    return Packing.of(shape(format(tensor), plan), () -> slab.get().turned(plan.rows()));
  }

  /** One scale for each block of stored rows and columns. */
  private Packing fp8(MatrixPlan plan, String name, int matrix, OpenSlabs slabs) {
    Fp8Blocks blocks = Fp8Blocks.of(checkpoint).orElseThrow();
    int across = Math.ceilDiv(plan.columns(), blocks.columns());
    Rows down = Rows.all(Math.ceilDiv(plan.rows().stored(), blocks.rows()));
    Supplier<Slab> codes =
        slabs.once(() -> Slab.of(checkpoint, name, matrix, plan.rows(), plan.columns()));
    Supplier<Slab> inverse =
        slabs.once(() -> Slab.of(checkpoint, name + "_scale_inv", matrix, down, across));
    long rowBytes = (long) across * Float.BYTES;
    Supplier<RowSource> scalesOfRow =
        () -> {
          MemorySegment scales = MemorySegment.ofArray(inverse.get().floats());
          return row ->
              scales.asSlice(plan.rows().stored(row) / blocks.rows() * rowBytes, rowBytes);
        };
    PackedShape shape =
        new PackedShape(Format.F8_E4M3, plan.rows().count(), plan.columns(), blocks.columns());
    return Packing.f8(shape, codes::get, scalesOfRow);
  }

  private Packing mxfp4(MatrixPlan plan, String name, int matrix, OpenSlabs slabs) {
    Rows rows = plan.rows();
    int columns = plan.columns();
    Supplier<Slab> codes =
        slabs.once(() -> Slab.of(checkpoint, name + BLOCKS, matrix, rows, columns / 2));
    Supplier<Slab> powers =
        slabs.once(
            () -> Slab.ofPowers(checkpoint, name + "_scales", matrix, rows, columns / MXFP4_BLOCK));
    return Packing.mxfp4(shape(Format.MXFP4, plan), codes::get, powers::get);
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
