package dev.switchboard.training.gate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.DataType;
import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.twin.Experts;
import dev.switchboard.training.twin.Router;
import dev.switchboard.training.twin.Torch;
import java.nio.FloatBuffer;
import java.util.ArrayList;
import java.util.List;

/**
 * Experts chosen by the gate itself, so that later layers see what they will see when the model is
 * served. All experts run on all tokens and are mixed by {@code p + hardness * (onehot(argmax) -
 * p)}, the bracket without gradient: at hardness 0 the full softmax, at 1 the served choice, in
 * both cases with the softmax's gradient.
 */
class GatedRouter implements Router {
  private final long sequences;
  private final long length;
  private final GatePoint point;
  private final NDArray lag; // [T, T]: t - s, 0 above the diagonal
  private final NDArray past; // [T, T]: 1 up to the diagonal
  private final List<NDArray> logits = new ArrayList<>();
  private final List<NDArray> choices = new ArrayList<>();

  /**
   * @param point its hardness, and its bias, which may be empty: none
   */
  GatedRouter(NDManager step, long sequences, int length, GatePoint point) {
    this.sequences = sequences;
    this.length = length;
    this.point = point;
    float[] lags = new float[length * length];
    float[] mask = new float[length * length];
    for (int t = 0; t < length; t++) {
      for (int s = 0; s <= t; s++) {
        lags[t * length + s] = t - s;
        mask[t * length + s] = 1;
      }
    }
    Shape square = new Shape(length, length);
    lag = step.create(FloatBuffer.wrap(lags), square, DataType.FLOAT32);
    past = step.create(FloatBuffer.wrap(mask), square, DataType.FLOAT32);
  }

  @Override
  public NDArray experts(Layer layer, NDArray u) {
    NDArray g = evidence(layer, u);
    NDArray choice = choices.getLast();
    NDArray p = g.softmax(1);
    NDArray hard = choice.oneHot(layer.config().expertCount());
    NDArray mix = p.add(Torch.detached(p.getManager(), hard.sub(p)).mul(point.hardness()));
    return Experts.mixed(layer, u, mix);
  }

  /** Logits of the gate, {@code [n*T, E]}; they and the choice are kept. */
  final NDArray evidence(Layer layer, NDArray u) {
    int experts = layer.config().expertCount();
    NDArray own = u.matMul(layer.weight("gate").transpose()).reshape(sequences, length, experts);
    // g_t = a g_{t-1} + W u_t, all t at once.
    NDArray memory = lag.mul(layer.weight("decay").log()).exp().mul(past);
    NDArray g = memory.matMul(own).reshape(-1, experts);
    logits.add(g);
    choices.add(choose(layer.index(), g));
    return g;
  }

  /**
   * Expert of each row of {@code g [n*T, E]}, int64; a test may know better where two are equally
   * good.
   */
  NDArray choose(int layer, NDArray g) {
    if (point.bias().length == 0) {
      return g.argMax(1);
    }
    float[] bias = point.bias(layer, (int) g.getShape().get(1));
    return g.add(g.getManager().create(bias)).argMax(1);
  }

  /** Gate logits of each layer, {@code [n*T, E]}. */
  List<NDArray> logits() {
    return logits;
  }

  /** Chosen expert of each token, layer by layer, {@code [n*T]} int64. */
  List<NDArray> choices() {
    return choices;
  }
}
