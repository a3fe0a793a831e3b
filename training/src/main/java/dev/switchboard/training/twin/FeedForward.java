package dev.switchboard.training.twin;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import dev.switchboard.training.twin.Weights.Bound;

/**
 * SwiGLU: {@code down( silu(gate u) * (up u) )}, for one FFN, for one expert a domain, for all
 * experts mixed.
 */
public final class FeedForward {
  private FeedForward() {}

  /**
   * @param in {@code [2, f, d]}: gate and up
   * @param out {@code [d, f]}
   */
  static NDArray single(NDArray u, NDArray in, NDArray out) {
    long f = in.getShape().get(1);
    return inside(u.matMul(in.reshape(2 * f, -1).transpose()), 1).matMul(out.transpose());
  }

  /**
   * Rows of {@code u} lie in E equal parts; expert e takes the part e.
   *
   * @param in {@code [E, 2, f, d]}
   * @param down {@code [E, d, f]}
   */
  static NDArray parts(NDArray in, NDArray down, NDArray u) {
    long experts = in.getShape().get(0);
    long width = u.getShape().get(1);
    NDArray both =
        u.reshape(experts, -1, width).matMul(in.reshape(experts, -1, width).transpose(0, 2, 1));
    NDArray out = down.transpose(0, 2, 1); // [E, f, d]
    return inside(both, 2).matMul(out).reshape(-1, width);
  }

  /**
   * All experts on all rows.
   *
   * @param mix {@code [rows, E]}: weight of each expert's answer
   */
  public static NDArray mixed(TwinConfig config, Bound weights, int layer, NDArray u, NDArray mix) {
    long experts = config.expertCount();
    long f = config.expertWidth();
    NDArray in = weights.get(layer, "expert_in").transpose(1, 0, 2, 3).reshape(-1, config.width());
    NDArray out =
        weights.get(layer, "expert_out").transpose(0, 2, 1).reshape(experts * f, config.width());
    NDArray inside = inside(u.matMul(in.transpose()), 1).reshape(-1, experts, f);
    return inside.mul(mix.expandDims(2)).reshape(-1, experts * f).matMul(out);
  }

  private static NDArray inside(NDArray both, int axis) {
    NDList halves = both.split(2, axis);
    return TrainableModel.silu(halves.get(0)).mul(halves.get(1));
  }
}
