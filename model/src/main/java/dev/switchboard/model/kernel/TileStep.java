package dev.switchboard.model.kernel;

/** What a network does between its first products and its last: biases and the activation. */
@FunctionalInterface
public interface TileStep {
  /**
   * Turns the products of gate and up into activations, in place: they are left in {@code up}.
   *
   * @param firstColumn of the tile, counted in the network's hidden values
   * @param gate {@code [rows, columns]}; not looked at by networks without a gate
   * @param up {@code [rows, columns]}
   */
  void apply(float[] gate, float[] up, int rows, int firstColumn, int columns);
}
