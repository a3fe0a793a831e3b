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
import java.util.Objects;
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
  long[] of(GateBatch batch, GatePoint point, GateLoss loss) {
    Torch.threads(1);
    Torch.recording(true);
    GateParameters gate = new GateParameters(model.config(), point.values());
    try (NDManager step = frozen.newStep();
        Weights gates = new Weights(step)) {
      SequencedMap<String, Values> tensors = gate.tensors();
      tensors.forEach((name, tensor) -> gates.put(name, tensor, true));
      Bound bound = frozen.bind(step).with(gates.bind(step).views());
      NDArray tokens = step.create(batch.inputs(), new Shape(batch.rows(), batch.length()));
      long[] sums = new long[GateParameters.size(model.config()) + GateSums.length(model.config())];
      if (loss.lm() > 0) {
        GatedRouter router = new GatedRouter(step, batch.rows(), batch.length(), point);
        NDArray hidden = model.hidden(bound, tokens, router);
        Head.Result lm = languageModel(hidden, batch);
        GateTerms terms = new GateTerms(step, batch, router, gate, loss.tempering());
        NDArray seed = Objects.requireNonNull(lm.gradient(), "a gradient was asked for");
        NDArray pull = hidden.mul(seed).sum().mul(Torch.constant(hidden, (float) loss.lm()));
        differentiate(pull.add(terms.weighted(loss)));
        terms.putSums(lm.losses(), sums, putGradients(gates, sums));
      } else {
        Torch.recording(false);
        ChosenRouter router = new ChosenRouter(step, batch.rows(), batch.length(), point, true);
        model.hidden(bound, tokens, router);
        Torch.recording(true);
        GateTerms terms = new GateTerms(step, batch, router, gate, loss.tempering());
        differentiate(terms.weighted(loss));
        terms.putSums(new float[batch.tokens()], sums, putGradients(gates, sums));
      }
      return sums;
    }
  }

  private Head.Result languageModel(NDArray hidden, GateBatch batch) {
    float[] rowWeight = new float[batch.tokens()];
    Arrays.fill(rowWeight, 1f / batch.tokens());
    return Head.gradient(hidden, frozen.leaf("embed"), batch.targets(), rowWeight);
  }

  private static void differentiate(NDArray total) {
    Torch.backward(total, total.onesLike());
  }

  /** In the order of {@link GateParameters}: each layer's matrix, then its decay. */
  private int putGradients(Weights gates, long[] sums) {
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
