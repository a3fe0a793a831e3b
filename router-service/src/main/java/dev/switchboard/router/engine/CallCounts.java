package dev.switchboard.router.engine;

import dev.switchboard.model.RoutingTrace;
import java.util.Arrays;

/**
 * Expert calls by layer and expert, [moeLayers, experts]; of one request or of all. An expert that
 * is new takes its place when it is first called. Not for use by several threads.
 */
public final class CallCounts {
  private final long[][] byLayer;
  private int experts;

  public CallCounts(int moeLayers, int experts) {
    this.experts = experts;
    this.byLayer = new long[moeLayers][experts];
  }

  /** Adds the choices of some tokens. */
  void add(RoutingTrace choices) {
    for (int token = 0; token < choices.tokens(); token++) {
      for (int layer = 0; layer < choices.moeLayers(); layer++) {
        int awake = TokenChoices.awake(choices, token, layer);
        for (int rank = 0; rank < awake; rank++) {
          int expert = choices.expert(token, layer, rank);
          makeRoom(expert + 1);
          byLayer[layer][expert]++;
        }
      }
    }
  }

  void add(CallCounts other) {
    makeRoom(other.experts);
    for (int layer = 0; layer < byLayer.length; layer++) {
      for (int expert = 0; expert < other.experts; expert++) {
        byLayer[layer][expert] += other.byLayer[layer][expert];
      }
    }
  }

  private void makeRoom(int wanted) {
    if (wanted > experts) {
      for (int layer = 0; layer < byLayer.length; layer++) {
        byLayer[layer] = Arrays.copyOf(byLayer[layer], wanted);
      }
      experts = wanted;
    }
  }

  public int moeLayers() {
    return experts == 0 ? 0 : byLayer.length;
  }

  public int experts() {
    return experts;
  }

  public long get(int moeLayer, int expert) {
    return byLayer[moeLayer][expert];
  }

  /** A copy, row-major [moeLayers, experts]. */
  public long[] toArray() {
    long[] all = new long[Math.multiplyExact(byLayer.length, experts)];
    for (int layer = 0; layer < byLayer.length; layer++) {
      System.arraycopy(byLayer[layer], 0, all, layer * experts, experts);
    }
    return all;
  }
}
