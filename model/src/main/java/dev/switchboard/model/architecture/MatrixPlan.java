package dev.switchboard.model.architecture;

/**
 * A matrix {@code [rows, columns]} = {@code [out, in]}, and where a checkpoint keeps it. A tensor
 * of published low-precision forms is named as the plain one would be: {@code NAME_blocks} and
 * {@code NAME_scales} (MXFP4), or {@code NAME} beside {@code NAME_scale_inv} (FP8), are found by
 * the reader.
 *
 * @param tensor its name; {@code {e}} stands for the expert's index where each has its own tensor
 * @param rows those of the stored matrix that are meant
 * @param matrices extent of a leading axis that the expert's index selects from; 0: there is none
 * @param transposed stored as {@code [columns, rows]}
 */
public record MatrixPlan(String tensor, Rows rows, int columns, int matrices, boolean transposed) {
  /** A tensor of its own, {@code [rows, columns]}. */
  public static MatrixPlan of(String tensor, int rows, int columns) {
    return new MatrixPlan(tensor, Rows.all(rows), columns, 0, false);
  }

  /** Some rows of a tensor. */
  public static MatrixPlan of(String tensor, Rows rows, int columns) {
    return new MatrixPlan(tensor, rows, columns, 0, false);
  }

  /** One of several matrices that lie one behind the other in one tensor. */
  public MatrixPlan stacked(int count) {
    return new MatrixPlan(tensor, rows, columns, count, transposed);
  }

  /** The same, stored as {@code [columns, rows]}. */
  public MatrixPlan asTransposed() {
    return new MatrixPlan(tensor, rows, columns, matrices, true);
  }

  /** Name of the tensor that holds an expert's matrix. */
  public String tensorOf(int expert) {
    return TensorNames.of(tensor, expert);
  }

  /** Weights of one matrix. */
  public long elements() {
    return (long) rows.count() * columns;
  }
}
