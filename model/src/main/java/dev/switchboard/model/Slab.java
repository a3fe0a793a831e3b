package dev.switchboard.model;

import dev.switchboard.model.architecture.Rows;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.checkpoint.Widen;
import dev.switchboard.model.kernel.RowSource;
import java.lang.foreign.MemorySegment;

/** Some rows of one of a tensor's matrices, as they lie in the file. */
final class Slab implements RowSource {
  private final Checkpoint checkpoint;
  private final Tensor tensor;
  private final Rows rows;
  private final int columns;
  private final MemorySegment data;
  private final long rowBytes;

  private Slab(Checkpoint checkpoint, Tensor tensor, Rows rows, int columns) {
    this.checkpoint = checkpoint;
    this.tensor = tensor;
    this.rows = rows;
    this.columns = columns;
    this.data = tensor.data();
    this.rowBytes = tensor.dtype().bytes(columns);
  }

  private static long first(int matrix, Rows rows, int columns) {
    return ((long) matrix * rows.stored() + rows.first()) * columns;
  }

  private static long elements(Rows rows, int columns) {
    return ((long) (rows.count() - 1) * rows.step() + 1) * columns;
  }

  /**
   * Rows that hold finite numbers only, or bytes.
   *
   * @param name of a tensor that is there and large enough
   * @param matrix which of several matrices of {@code rows.stored()} rows each
   * @throws dev.switchboard.model.checkpoint.CheckpointException naming the tensor, if one is not
   */
  static Slab of(Checkpoint checkpoint, String name, int matrix, Rows rows, int columns) {
    Tensor part = checkpoint.part(name, first(matrix, rows, columns), elements(rows, columns));
    return new Slab(checkpoint, part, rows, columns);
  }

  /** The same of a tensor of exponents: scales that are powers of two, one a byte. */
  static Slab ofPowers(Checkpoint checkpoint, String name, int matrix, Rows rows, int columns) {
    Tensor part = checkpoint.powers(name, first(matrix, rows, columns), elements(rows, columns));
    return new Slab(checkpoint, part, rows, columns);
  }

  @Override
  public MemorySegment row(int index) {
    return data.asSlice((long) index * rows.step() * rowBytes, rowBytes);
  }

  /** All rows, widened, {@code [rows, columns]}. */
  float[] floats() {
    float[] values = new float[Math.multiplyExact(rows.count(), columns)];
    for (int r = 0; r < rows.count(); r++) {
      Widen.row(tensor.dtype(), row(r), 0, values, r * columns, columns);
    }
    return values;
  }

  /** Column after column instead: for matrices that are stored {@code [in, out]}. */
  RowSource turned(Rows wanted) {
    int width = tensor.dtype().elementBytes();
    MemorySegment column = MemorySegment.ofArray(new byte[rows.count() * width]);
    return index -> {
      long at = (long) wanted.stored(index) * width;
      for (int r = 0; r < rows.count(); r++, at += rowBytes) {
        MemorySegment.copy(data, at, column, (long) r * width, width);
      }
      return column;
    };
  }

  /** Its memory is not needed any more; nor may it be read. */
  void release() {
    checkpoint.release(tensor);
  }
}
