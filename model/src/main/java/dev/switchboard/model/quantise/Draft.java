package dev.switchboard.model.quantise;

import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.checkpoint.Widen;
import java.util.List;
import java.util.Optional;

/**
 * A tensor of the file to be written, before its type is chosen.
 *
 * @param shape slowest first; not empty
 * @param kept what it is stored as if it is not rounded
 * @param rows its values
 * @param exact its bytes, if it may be written as it is where the type is the same
 */
record Draft(String name, List<Long> shape, DType kept, Rows rows, Optional<Tensor> exact) {
  /** Values by rows, the last axis. */
  interface Rows {
    /**
     * Reads a row; called from several threads.
     *
     * @param index over all axes but the last
     * @param out receives the row
     */
    void read(long index, float[] out);
  }

  Draft {
    shape = List.copyOf(shape);
  }

  /** A tensor of a GGUF file, as it is. */
  static Draft of(Tensor tensor) {
    return new Draft(
        tensor.name(), tensor.shape(), tensor.dtype(), rows(tensor), Optional.of(tensor));
  }

  /** The rows of a stored tensor. */
  static Rows rows(Tensor tensor) {
    return (index, out) ->
        Widen.row(
            tensor.dtype(),
            tensor.data(),
            tensor.byteOffset(index * out.length),
            out,
            0,
            out.length);
  }

  long rowCount() {
    long rows = 1;
    for (long extent : shape.subList(0, shape.size() - 1)) {
      rows *= extent;
    }
    return rows;
  }

  int columns() {
    return Math.toIntExact(shape.getLast());
  }
}
