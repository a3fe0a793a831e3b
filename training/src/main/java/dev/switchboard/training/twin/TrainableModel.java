package dev.switchboard.training.twin;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDArrays;
import ai.djl.ndarray.NDList;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import ai.djl.nn.Activation;
import dev.switchboard.training.twin.Weights.Bound;

/**
 * The forward pass of the family on autograd arrays: the same formulas as the served model, but
 * whole sequences at once, from a fresh state, with the scan in chunks of matrix products instead
 * of token by token.
 */
public final class TrainableModel {
  private final TwinConfig config;

  public TrainableModel(TwinConfig config) {
    this.config = config;
  }

  public TwinConfig config() {
    return config;
  }

  /**
   * Hidden states before the head.
   *
   * @param tokens {@code [n, T]} int64; T is at most 64 or a multiple of it
   * @param router who takes which token
   * @return {@code [n * T, d]}, normalised
   */
  public NDArray hidden(Bound weights, NDArray tokens, Router router) {
    Pass pass = new Pass(weights, tokens.getShape().get(0), tokens.getShape().get(1));
    NDArray h = Torch.rows(weights.get("embed"), tokens.flatten());
    for (int layer = 0; layer < config.layers(); layer++) {
      h = h.add(pass.mixer(layer, h));
      NDArray u = norm(h, weights.get(layer, "moe_norm"));
      NDArray shared =
          FeedForward.single(u, weights.get(layer, "shared_in"), weights.get(layer, "shared_out"));
      h = h.add(shared).add(router.experts(pass.layer(layer), u));
    }
    return norm(h, weights.get("final_norm"));
  }

  /** {@code v * w / sqrt(mean(v^2) + eps)} along the last axis. */
  static NDArray norm(NDArray v, NDArray w) {
    int last = v.getShape().dimension() - 1;
    NDArray rms = v.square().mean(new int[] {last}, true).add(TwinConfig.EPSILON).sqrt();
    return v.mul(Torch.constant(v, 1).div(rms)).mul(w);
  }

  static NDArray silu(NDArray v) {
    return v.mul(Activation.sigmoid(v));
  }

  /** One forward pass: its sizes and constants. */
  private final class Pass {
    private final Bound weights;
    private final long n;
    private final long length;
    private final Scan scan;
    private final NDArray history;

    Pass(Bound weights, long n, long length) {
      if (length > Scan.CHUNK && length % Scan.CHUNK != 0) {
        throw new IllegalArgumentException(
            "sequences of " + length + " tokens: not a multiple of " + Scan.CHUNK);
      }
      this.weights = weights;
      this.n = n;
      this.length = length;
      NDManager step = weights.step();
      scan = new Scan(step, (int) Math.min(length, Scan.CHUNK));
      history = step.zeros(new Shape(n, config.kernel() - 1, config.convolved()), DataType.FLOAT32);
    }

    Router.Layer layer(int index) {
      return new Router.Layer(config, weights, index, n, length);
    }

    /** {@code [n*T, d] -> [n*T, d]}: what the Mamba-2 mixer adds. */
    NDArray mixer(int layer, NDArray h) {
      int inner = config.inner();
      NDArray u = norm(h, weights.get(layer, "mixer_norm"));
      NDArray projected = u.matMul(weights.get(layer, "in_proj").transpose());
      NDList parts = projected.split(new long[] {inner, inner + config.convolved()}, 1);
      NDArray mixed = convolution(layer, parts.get(1).reshape(n, length, -1));
      NDList xbc = silu(mixed).split(new long[] {inner, inner + config.state()}, 2);
      NDArray x = xbc.get(0);
      NDArray dt =
          Activation.softPlus(parts.get(2).add(weights.get(layer, "dt_bias")))
              .reshape(n, length, config.heads());
      NDArray rate = dt.mul(weights.get(layer, "A_log").exp().neg());
      NDArray y = scan.run(x, dt, rate, xbc.get(1), xbc.get(2));
      NDArray skip =
          x.reshape(y.getShape()).mul(weights.get(layer, "D").reshape(config.heads(), 1));
      NDArray gated = y.add(skip).reshape(n * length, inner).mul(silu(parts.get(0)));
      return norm(gated, weights.get(layer, "norm"))
          .matMul(weights.get(layer, "out_proj").transpose());
    }

    /** Causal and depthwise: a sum of shifted copies. */
    private NDArray convolution(int layer, NDArray input) {
      int taps = config.kernel();
      NDArray padded = NDArrays.concat(new NDList(history, input), 1);
      NDArray kernel = weights.get(layer, "conv");
      NDArray sum = null;
      for (int k = 0; k < taps; k++) {
        NDArray shifted =
            padded.get(":, {}:{}", k, k + length).mul(kernel.get(k)); // newest input last
        sum = sum == null ? shifted : sum.add(shifted);
      }
      if (sum == null) {
        throw new IllegalStateException("a convolution without taps");
      }
      return sum.add(weights.get(layer, "conv_bias"));
    }
  }
}
