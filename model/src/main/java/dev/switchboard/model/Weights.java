package dev.switchboard.model;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.util.Arrays;
import java.util.List;

/**
 * From a checkpoint's tensors to what layers are made of. Nothing made here needs the file again.
 */
record Weights(Checkpoint checkpoint) {
  /** A small tensor, as floats. */
  float[] floats(String name, long... shape) {
    return checkpoint.tensor(name, shape).toFloats();
  }

  PackedMatrix matrix(String name, int rows, int columns) {
    return pack(columns, List.of(checkpoint.tensor(name, rows, columns)));
  }

  /** Two matrices of {@code [rows, columns]}, one above the other. */
  PackedMatrix stacked(String upper, String lower, int rows, int columns) {
    return pack(
        columns,
        List.of(checkpoint.tensor(upper, rows, columns), checkpoint.tensor(lower, rows, columns)));
  }

  private PackedMatrix pack(int columns, List<Tensor> parts) {
    if (parts.stream().allMatch(part -> part.dtype() == DType.BF16)) {
      return PackedMatrix.pack(Format.BF16, columns, parts.stream().map(Tensor::data).toList());
    }
    return PackedMatrix.pack(Format.F32, columns, parts.stream().map(this::asF32).toList());
  }

  private MemorySegment asF32(Tensor tensor) {
    return switch (tensor.dtype()) {
      case F32 -> tensor.data();
      case BF16, F16 -> MemorySegment.ofArray(tensor.toFloats());
      default ->
          throw CheckpointException.in(
              checkpoint.fileOf(tensor.name()),
              "tensor %s is %s; expected one of %s",
              tensor.name(),
              tensor.dtype(),
              Arrays.asList(DType.F32, DType.BF16, DType.F16));
    };
  }
}
