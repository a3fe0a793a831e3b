package dev.switchboard.training.run;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.data.Crops.Batch;
import dev.switchboard.training.data.Domain;
import dev.switchboard.training.data.Vocabulary;
import dev.switchboard.training.twin.Head;
import dev.switchboard.training.twin.Router;
import dev.switchboard.training.twin.Torch;
import dev.switchboard.training.twin.TrainableModel;
import dev.switchboard.training.twin.Weights;
import dev.switchboard.training.twin.Weights.Bound;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.SequencedMap;

/** Loss on held-out windows, domain by domain. */
public final class HeldOut {
  private HeldOut() {}

  /**
   * @param natsPerToken cross-entropy
   * @param bitsPerByte the same, by the bytes of text that the tokens stand for
   */
  public record Loss(double natsPerToken, double bitsPerByte) {}

  /**
   * Reads the windows from a fresh state, each by its own domain's expert. Rows of {@code windows}
   * lie domain by domain.
   */
  public static SequencedMap<String, Loss> measure(
      TrainableModel model,
      Weights weights,
      Batch windows,
      List<Domain> domains,
      Vocabulary vocabulary) {
    Torch.recording(false);
    float[] losses;
    try (NDManager step = weights.newStep()) {
      Bound bound = weights.bind(step);
      NDArray tokens = step.create(windows.inputs(), new Shape(windows.rows(), windows.length()));
      NDArray hidden = model.hidden(bound, tokens, Router.byDomain());
      losses = Head.losses(hidden, weights.leaf("embed"), windows.targets());
    }
    Torch.recording(true);
    SequencedMap<String, Loss> result = new LinkedHashMap<>();
    int share = losses.length / domains.size();
    for (int d = 0; d < domains.size(); d++) {
      double nats = 0;
      long bytes = 0;
      for (int i = d * share; i < (d + 1) * share; i++) {
        nats += losses[i];
        bytes += vocabulary.bytes((int) windows.targets()[i]);
      }
      double bits = nats / Math.log(2) / Math.max(1, bytes);
      result.put(domains.get(d).name(), new Loss(nats / share, bits));
    }
    return result;
  }

  public static double meanNats(SequencedMap<String, Loss> losses) {
    return losses.values().stream().mapToDouble(Loss::natsPerToken).average().orElse(Double.NaN);
  }

  public static double meanBits(SequencedMap<String, Loss> losses) {
    return losses.values().stream().mapToDouble(Loss::bitsPerByte).average().orElse(Double.NaN);
  }
}
