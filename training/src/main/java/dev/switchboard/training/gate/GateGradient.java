package dev.switchboard.training.gate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.twin.Head;
import dev.switchboard.training.twin.Torch;
import dev.switchboard.training.twin.TrainableModel;
import dev.switchboard.training.twin.Weights;
import dev.switchboard.training.twin.Weights.Bound;
import dev.switchboard.training.twin.Weights.Values;
import java.util.Arrays;
import java.util.SequencedMap;

/**
 * Loss and gradient of one micro-batch by the gates' parameters, with one thread: the same bits
 * wherever it runs.
 */
final class GateGradient {
  private final TrainableModel model;
  private final Weights frozen;

  /**
   * @param frozen trunk and experts, not trainable
   */
  GateGradient(TrainableModel model, Weights frozen) {
    this.model = model;
    this.frozen = frozen;
  }

  /**
   * @return sums over the micro-batch in fixed point: the gradient, then the numbers of {@link
   *     GateSums}
   */
  long[] of(GateBatch batch, GateParameters gate, GateLoss loss, float hardness) {
    Torch.threads(1);
    Torch.recording(true);
    try (NDManager step = frozen.newStep();
        Weights gates = new Weights(step)) {
      SequencedMap<String, Values> tensors = gate.tensors();
      tensors.forEach((name, tensor) -> gates.put(name, tensor, true));
      Bound bound = frozen.bind(step).with(gates.bind(step).views());
      GatedRouter router = new GatedRouter(step, batch.rows(), batch.length(), hardness);
      NDArray tokens = step.create(batch.inputs(), new Shape(batch.rows(), batch.length()));
      NDArray hidden = model.hidden(bound, tokens, router);
      float[] rowWeight = new float[batch.tokens()];
      Arrays.fill(rowWeight, 1f / batch.tokens());
      Head.Result lm = Head.gradient(hidden, frozen.leaf("embed"), batch.targets(), rowWeight);
      GateTerms terms = new GateTerms(step, batch, router, model.config().expertCount());
      NDArray seed = lm.gradient();
      if (seed == null) {
        throw new IllegalStateException("no gradient by the hidden states");
      }
      NDArray total = hidden.mul(seed).sum().add(terms.weighted(loss));
      Torch.backward(total, total.onesLike());
      long[] sums = new long[GateParameters.size(model.config()) + GateSums.length(model.config())];
      int at = putGradients(gates, tensors, sums);
      terms.putSums(lm.losses(), sums, at);
      return sums;
    }
  }

  /** In the order of {@link GateParameters}: each layer's matrix, then its decay. */
  private int putGradients(Weights gates, SequencedMap<String, Values> tensors, long[] sums) {
    int at = 0;
    for (int layer = 0; layer < model.config().layers(); layer++) {
      for (String name : new String[] {"gate", "decay"}) {
        try (NDArray gradient = Torch.gradient(gates.leaf("layers." + layer + "." + name))) {
          for (float value : gradient.toFloatArray()) {
            sums[at++] = FixedPoint.of(value);
          }
        }
      }
    }
    return at;
  }
}
