package dev.switchboard.model.moe;

import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import java.util.Arrays;
import org.jspecify.annotations.Nullable;

/**
 * Adds up what experts answered, in one order: from +0, fma in the order of the ranks, then the
 * shared network's output, then the sum onto the residual stream.
 */
public final class Combine {
  private Combine() {}

  /**
   * Adds a layer's answers to the residual stream.
   *
   * @param residual {@code [tokens, dModel]}, added to
   * @param outputs {@code [tokens, topK, dModel]}
   * @param shared {@code [tokens, dModel]}; null if the layer has none
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public static void addTo(
      float[] residual,
      int dModel,
      Routing routing,
      float[] outputs,
      float @Nullable [] shared,
      Scratch scratch) {
    float[] sum = scratch.floats(Slot.ROW, dModel);
    int k = routing.topK();
    for (int t = 0; t < routing.tokens(); t++) {
      Arrays.fill(sum, 0, dModel, 0f);
      for (int rank = 0; rank < k; rank++) {
        int slot = t * k + rank;
        Kernels.multiplyAdd(routing.weights()[slot], outputs, slot * dModel, sum, 0, dModel);
      }
      if (shared != null) {
        Kernels.add(sum, 0, shared, t * dModel, dModel);
      }
      Kernels.add(residual, t * dModel, sum, 0, dModel);
    }
  }
}
