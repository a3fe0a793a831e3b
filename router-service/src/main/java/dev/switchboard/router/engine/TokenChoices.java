package dev.switchboard.router.engine;

import dev.switchboard.model.RoutingTrace;
import java.util.Arrays;

/**
 * One token's experts, best first, and their weights.
 *
 * @param experts [moeLayers][experts awake in the layer]
 * @param weights of the same shape
 */
@SuppressWarnings("ArrayRecordComponent") // handed over once, never compared
public record TokenChoices(int[][] experts, float[][] weights) {
  static TokenChoices of(RoutingTrace trace, int token) {
    int[][] experts = new int[trace.moeLayers()][];
    float[][] weights = new float[trace.moeLayers()][];
    for (int layer = 0; layer < experts.length; layer++) {
      int from = (token * trace.moeLayers() + layer) * trace.topK();
      int to = from + awake(trace, token, layer);
      experts[layer] = Arrays.copyOfRange(trace.experts(), from, to);
      weights[layer] = Arrays.copyOfRange(trace.weights(), from, to);
    }
    return new TokenChoices(experts, weights);
  }

  /** Layers may wake fewer experts than the one that wakes most. */
  static int awake(RoutingTrace trace, int token, int moeLayer) {
    int awake = 0;
    while (awake < trace.topK() && trace.expert(token, moeLayer, awake) >= 0) {
      awake++;
    }
    return awake;
  }
}
