package dev.switchboard.model.moe;

import dev.switchboard.model.moe.MoeOutcome.Lost;
import java.util.Arrays;
import java.util.BitSet;
import java.util.List;

/**
 * What is left of a routing when some experts did not answer: the others of a token get their
 * weights scaled to the sum that all had, in the order of the ranks. Where none is left nothing is
 * added to the shared path. An answer so made is not the model's own.
 */
public final class Survivors {
  private Survivors() {}

  /**
   * The same choices with other weights, those of lost answers 0.
   *
   * @param width of an answer
   * @param outputs {@code [tokens, topK, width]}: what lies there of lost answers becomes 0
   */
  public static Routing of(Routing routing, List<Lost> lost, int width, float[] outputs) {
    int k = routing.topK();
    float[] weights = routing.weights().clone();
    BitSet tokens = new BitSet(routing.tokens());
    for (Lost one : lost) {
      tokens.set(one.token());
      for (int slot = one.token() * k; slot < (one.token() + 1) * k; slot++) {
        if (routing.experts()[slot] == one.expert()) {
          weights[slot] = 0f;
          Arrays.fill(outputs, slot * width, (slot + 1) * width, 0f);
        }
      }
    }
    for (int token = tokens.nextSetBit(0); token >= 0; token = tokens.nextSetBit(token + 1)) {
      scale(routing, token, weights);
    }
    return new Routing(routing.tokens(), k, routing.experts(), weights);
  }

  private static void scale(Routing routing, int token, float[] weights) {
    int from = token * routing.topK();
    int to = from + routing.topK();
    float all = 0f;
    float left = 0f;
    for (int slot = from; slot < to; slot++) {
      all += routing.weights()[slot];
      left += weights[slot];
    }
    for (int slot = from; left > 0f && slot < to; slot++) {
      weights[slot] = weights[slot] * all / left;
    }
  }
}
