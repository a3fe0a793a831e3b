package dev.switchboard.training.gate;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import dev.switchboard.training.twin.Experts;
import dev.switchboard.training.twin.Torch;

/**
 * Every token by the one expert that the gate chooses, as the served model does it and as cheap.
 * The gates alone can be differentiated, and what they read is taken as given.
 */
final class ChosenRouter extends GatedRouter {
  private final boolean learning;

  /**
   * @param learning whether the gates' logits are recorded for differentiation; the calling thread
   *     records nothing else
   */
  ChosenRouter(NDManager step, long sequences, int length, GatePoint point, boolean learning) {
    super(step, sequences, length, point);
    this.learning = learning;
  }

  @Override
  public NDArray experts(Layer layer, NDArray u) {
    Torch.recording(learning);
    evidence(layer, u);
    Torch.recording(false);
    return Experts.chosen(layer, u, choices().getLast());
  }
}
