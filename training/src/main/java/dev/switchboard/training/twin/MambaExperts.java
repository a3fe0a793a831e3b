package dev.switchboard.training.twin;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.index.NDIndex;
import ai.djl.nn.Activation;
import dev.switchboard.training.twin.Router.Layer;
import org.jspecify.annotations.Nullable;

/**
 * Experts with a Mamba-2 backbone, side by side. Served, an expert sees the tokens that are routed
 * to it and no others; here one scan runs over the whole sequence with dt = 0 at all others, which
 * neither moves nor fades the state: the same numbers.
 */
final class MambaExperts {
  private final Backbone.Mamba sizes;
  private final Layer layer;
  private final NDIndex which;
  private final Scan scan;

  /**
   * @param which of the layer's experts
   */
  MambaExperts(Backbone.Mamba sizes, Layer layer, NDIndex which) {
    this.sizes = sizes;
    this.layer = layer;
    this.which = which;
    scan = new Scan(layer.weights().step(), (int) Math.min(layer.length(), Scan.CHUNK));
  }

  /** Equal parts of the rows, one for each expert. */
  NDArray parts(NDArray u) {
    NDArray in = weight("in");
    NDArray projected =
        u.reshape(in.getShape().get(0), -1, u.getShape().get(1)).matMul(in.transpose(0, 2, 1));
    return answers(projected, null).reshape(u.getShape());
  }

  /**
   * @param mix {@code [rows, E]}
   */
  NDArray mixed(NDArray u, NDArray mix) {
    NDArray in = weight("in");
    NDArray all = u.expandDims(0).matMul(in.transpose(0, 2, 1)); // [E, rows, projected]
    NDArray share = mix.transpose().expandDims(2); // [E, rows, 1]
    return answers(all, share).mul(share).sum(new int[] {0});
  }

  /**
   * @param projected {@code [E, rows, z | x | B | C | dt]}
   * @param share {@code [E, rows, 1]}: how far each token is the expert's; null: wholly
   * @return {@code [E, rows, d]}
   */
  private NDArray answers(NDArray projected, @Nullable NDArray share) {
    long experts = projected.getShape().get(0);
    long inner = sizes.inner();
    long state = sizes.state();
    NDList parts =
        projected.split(new long[] {inner, 2 * inner, 2 * inner + state, 2 * inner + 2 * state}, 2);
    NDArray dt = Activation.softPlus(parts.get(4).add(weight("dt_bias").expandDims(1)));
    if (share != null) {
      dt = dt.mul(share);
    }
    NDArray rate = dt.mul(weight("A_log").exp().neg().expandDims(1));
    NDArray y =
        scan.run(
            sequences(parts.get(1)),
            sequences(dt),
            sequences(rate),
            sequences(parts.get(2)),
            sequences(parts.get(3)));
    NDArray skip = weight("D").reshape(experts, 1, sizes.heads(), 1);
    NDArray x = parts.get(1).reshape(experts, -1, sizes.heads(), sizes.headDim());
    NDArray read = y.reshape(x.getShape()).add(x.mul(skip)).reshape(experts, -1, inner);
    NDArray gated = read.mul(TrainableModel.silu(parts.get(0)));
    return TrainableModel.norm(gated, weight("norm").expandDims(1))
        .matMul(weight("out").transpose(0, 2, 1));
  }

  /** {@code [E, n*T, k] -> [E*n, T, k]}. */
  private NDArray sequences(NDArray rows) {
    return rows.reshape(-1, layer.length(), rows.getShape().get(2));
  }

  private NDArray weight(String name) {
    return layer.weight("expert_" + name).get(which);
  }
}
