package dev.switchboard.training.twin;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.index.NDIndex;
import dev.switchboard.training.twin.Router.Layer;

/**
 * SwiGLU: {@code down( silu(gate u) * (up u) )}, for one FFN, for one expert a domain, for all
 * experts mixed, for one expert a row.
 */
final class FeedForward {
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
  static NDArray mixed(Layer layer, NDArray u, NDArray mix) {
    long experts = layer.config().expertCount();
    long width = layer.config().width();
    long f = layer.config().expertWidth();
    NDArray in = layer.weight("expert_in").transpose(1, 0, 2, 3).reshape(-1, width);
    NDArray out = layer.weight("expert_out").transpose(0, 2, 1).reshape(experts * f, width);
    NDArray inside = inside(u.matMul(in.transpose()), 1).reshape(-1, experts, f);
    return inside.mul(mix.expandDims(2)).reshape(-1, experts * f).matMul(out);
  }

  /**
   * Each row by its own expert: rows are put together by expert and back into their order.
   *
   * @param choice expert of each row
   */
  static NDArray chosen(Layer layer, NDArray u, long[] choice) {
    int experts = layer.config().expertCount();
    int[] starts = new int[experts + 1];
    for (long expert : choice) {
      starts[(int) expert + 1]++;
    }
    for (int e = 0; e < experts; e++) {
      starts[e + 1] += starts[e];
    }
    int[] next = starts.clone();
    long[] order = new long[choice.length];
    long[] place = new long[choice.length];
    for (int row = 0; row < choice.length; row++) {
      int at = next[(int) choice[row]]++;
      order[at] = row;
      place[row] = at;
    }
    NDManager step = u.getManager();
    NDArray sorted = Torch.rows(u, step.create(order));
    NDList answers = new NDList();
    for (int e = 0; e < experts; e++) {
      if (starts[e] < starts[e + 1]) {
        NDArray rows = sorted.get(new NDIndex("{}:{}", starts[e], starts[e + 1]));
        answers.add(
            single(rows, layer.weight("expert_in").get(e), layer.weight("expert_out").get(e)));
      }
    }
    return Torch.rows(NDArrays.concat(answers, 0), step.create(place));
  }

  private static NDArray inside(NDArray both, int axis) {
    NDList halves = both.split(2, axis);
    return TrainableModel.silu(halves.get(0)).mul(halves.get(1));
  }
}
