package dev.switchboard.model.moe;

import dev.switchboard.model.kernel.Kernels;
import java.util.Arrays;

/** Adds up what experts answered, in one order: from +0, fma in the order of the ranks. */
public final class Combine {
  private Combine() {}

  /**
   * The weighted sum of a layer's answers.
   *
   * @param width of an answer
   * @param outputs {@code [tokens, topK, width]}
   * @param sum {@code [tokens, width]}, written
   */
  public static void weightedSum(Routing routing, int width, float[] outputs, float[] sum) {
    int k = routing.topK();
    Arrays.fill(sum, 0, routing.tokens() * width, 0f);
    for (int t = 0; t < routing.tokens(); t++) {
      for (int rank = 0; rank < k; rank++) {
        int slot = t * k + rank;
        Kernels.multiplyAdd(routing.weights()[slot], outputs, slot * width, sum, t * width, width);
      }
    }
  }
}
