package dev.switchboard.model.architecture;

/**
 * A vector, such as a bias, and where a checkpoint keeps it.
 *
 * @param tensor its name; {@code {e}} stands for the expert's index where each has its own tensor
 * @param rows those of the stored values that are meant
 * @param vectors extent of a leading axis that the expert's index selects from; 0: there is none
 */
public record VectorPlan(String tensor, Rows rows, int vectors) {
  /** A tensor of its own. */
  public static VectorPlan of(String tensor, int width) {
    return new VectorPlan(tensor, Rows.all(width), 0);
  }

  /** One of several vectors that lie one behind the other in one tensor. */
  public VectorPlan stacked(int count) {
    return new VectorPlan(tensor, rows, count);
  }

  /** Name of the tensor that holds an expert's vector. */
  public String tensorOf(int expert) {
    return TensorNames.of(tensor, expert);
  }
}
