package dev.switchboard.training.gate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.data.Crops.Batch;
import dev.switchboard.training.twin.Head;
import dev.switchboard.training.twin.Router;
import dev.switchboard.training.twin.Torch;
import dev.switchboard.training.twin.TrainableModel;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights;
import dev.switchboard.training.twin.Weights.Bound;
import dev.switchboard.training.twin.Weights.Values;
import java.util.List;
import java.util.SequencedMap;

/**
 * Reads text as the served model does, every token with the expert that the gate chooses, and
 * judges the choice.
 */
public final class GateJudge implements AutoCloseable {
  private final TrainableModel model;
  private final NDManager manager;
  private final Weights weights;

  public GateJudge(TwinConfig config, SequencedMap<String, Values> frozen) {
    Torch.start();
    model = new TrainableModel(config);
    manager = NDManager.newBaseManager("PyTorch");
    weights = new Weights(manager);
    frozen.forEach((name, values) -> weights.put(name, values, false));
  }

  /** Names of the experts. */
  List<String> experts() {
    return model.config().experts();
  }

  /** The same where each domain's expert is given; rows lie domain by domain. */
  public double lossGiven(Batch batch) {
    Torch.recording(false);
    try (NDManager step = weights.newStep()) {
      NDArray tokens = step.create(batch.inputs(), new Shape(batch.rows(), batch.length()));
      NDArray hidden = model.hidden(weights.bind(step), tokens, Router.byDomain());
      return mean(Head.losses(hidden, weights.leaf("embed"), batch.targets()));
    } finally {
      Torch.recording(true);
    }
  }

  private static double mean(float[] losses) {
    double sum = 0;
    for (float value : losses) {
      sum += value;
    }
    return sum / losses.length;
  }

  /** Mean cross-entropy of {@code batch} in nats a token, from fresh states. */
  public double loss(GatePoint gate, Batch batch) {
    Torch.recording(false);
    try (NDManager step = weights.newStep();
        Weights gates = new Weights(step)) {
      GatedRouter router = new ChosenRouter(step, batch.rows(), batch.length(), gate, false);
      NDArray tokens = step.create(batch.inputs(), new Shape(batch.rows(), batch.length()));
      NDArray hidden = hidden(step, gates, gate, tokens, router);
      return mean(Head.losses(hidden, weights.leaf("embed"), batch.targets()));
    } finally {
      Torch.recording(true);
    }
  }

  /**
   * The expert that most tokens of each text woke, over all layers.
   *
   * @param texts token ids, none longer than {@code padded}
   * @param padded length that all are filled up to; what follows a token cannot change it
   */
  public int[] majorities(GatePoint gate, List<int[]> texts, int padded) {
    Torch.recording(false);
    long[] inputs = new long[texts.size() * padded];
    for (int row = 0; row < texts.size(); row++) {
      for (int t = 0; t < texts.get(row).length; t++) {
        inputs[row * padded + t] = texts.get(row)[t];
      }
    }
    try (NDManager step = weights.newStep();
        Weights gates = new Weights(step)) {
      GatedRouter router = new ChosenRouter(step, texts.size(), padded, gate, false);
      hidden(step, gates, gate, step.create(inputs, new Shape(texts.size(), padded)), router);
      return vote(router, texts, padded);
    } finally {
      Torch.recording(true);
    }
  }

  private NDArray hidden(
      NDManager step, Weights gates, GatePoint gate, NDArray tokens, GatedRouter router) {
    new GateParameters(model.config(), gate.values())
        .tensors()
        .forEach((name, values) -> gates.put(name, values, false));
    Bound bound = weights.bind(step).with(gates.bind(step).views());
    return model.hidden(bound, tokens, router);
  }

  private int[] vote(GatedRouter router, List<int[]> texts, int padded) {
    int experts = model.config().expertCount();
    int[][] votes = new int[texts.size()][experts];
    for (NDArray layer : router.choices()) {
      long[] choice = layer.toLongArray();
      for (int row = 0; row < texts.size(); row++) {
        for (int t = 0; t < texts.get(row).length; t++) {
          votes[row][(int) choice[row * padded + t]]++;
        }
      }
    }
    int[] winners = new int[texts.size()];
    for (int row = 0; row < winners.length; row++) {
      for (int e = 1; e < experts; e++) {
        if (votes[row][e] > votes[row][winners[row]]) {
          winners[row] = e;
        }
      }
    }
    return winners;
  }

  @Override
  public void close() {
    manager.close();
  }
}
