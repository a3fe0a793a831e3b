package dev.switchboard.training.gate;

import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.data.LineHints;
import dev.switchboard.training.twin.Torch;
import dev.switchboard.training.twin.TrainableModel;
import dev.switchboard.training.twin.TwinConfig;
import dev.switchboard.training.twin.Weights;
import dev.switchboard.training.twin.Weights.Values;
import java.io.Serializable;
import java.util.List;
import java.util.SequencedMap;

/**
 * Everything that a process needs to differentiate micro-batches: built once, used by many threads.
 * What never changes in a run comes as a {@link Task}, which can be sent.
 */
public final class GateWork implements AutoCloseable {
  /**
   * What there is to read.
   *
   * @param texts tokens of each domain
   * @param hints where lines begin
   * @param lengths of the sequences
   */
  public record Reading(List<int[]> texts, LineHints hints, SequenceLengths lengths) {}

  /**
   * The part of a run that never changes.
   *
   * @param names of trunk and experts, in the twin's layout
   * @param texts tokens of each domain
   * @param hints where lines begin
   * @param lengths of the sequences
   */
  public record Task(
      TwinConfig config,
      List<String> names,
      List<long[]> shapes,
      List<float[]> values,
      List<int[]> texts,
      LineHints hints,
      SequenceLengths lengths,
      GateLoss loss,
      long seed)
      implements Serializable {
    /** Packs weights for sending. */
    public static Task of(
        TwinConfig config,
        SequencedMap<String, Values> weights,
        Reading reading,
        GateLoss loss,
        long seed) {
      return new Task(
          config,
          List.copyOf(weights.sequencedKeySet()),
          weights.sequencedValues().stream().map(v -> v.shape().getShape()).toList(),
          weights.sequencedValues().stream().map(Values::numbers).toList(),
          reading.texts(),
          reading.hints(),
          reading.lengths(),
          loss,
          seed);
    }
  }

  private final Task task;
  private final NDManager manager;
  private final GateGradient gradient;
  private final List<GateBatch.Text> texts;

  public GateWork(Task task) {
    this.task = task;
    texts = task.texts().stream().map(text -> GateBatch.Text.of(text, task.hints())).toList();
    Torch.start();
    Torch.threads(1);
    manager = NDManager.newBaseManager("PyTorch");
    Weights weights = new Weights(manager);
    for (int i = 0; i < task.names().size(); i++) {
      Values values = new Values(task.values().get(i), new Shape(task.shapes().get(i)));
      weights.put(task.names().get(i), values, false);
    }
    gradient = new GateGradient(new TrainableModel(task.config()), weights);
  }

  /** Sums over one micro-batch, in fixed point. */
  public long[] sum(long step, int number, GatePoint point) {
    GateBatch batch = GateBatch.of(texts, task.lengths().of(step), task.seed(), step, number);
    return gradient.of(batch, point, task.loss());
  }

  /** Length of what {@link #sum} returns. */
  public static int sums(TwinConfig config) {
    return GateParameters.size(config) + GateSums.length(config);
  }

  @Override
  public void close() {
    manager.close();
  }
}
