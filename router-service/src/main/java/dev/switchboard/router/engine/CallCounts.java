package dev.switchboard.router.engine;

import dev.switchboard.model.RoutingTrace;

/**
 * Expert calls by layer and expert, [moeLayers, experts]; of one request or of all. Not for use by
 * several threads.
 */
public final class CallCounts {
  private final int experts;
  private final long[] calls;

  public CallCounts(int moeLayers, int experts) {
    this.experts = experts;
    this.calls = new long[Math.multiplyExact(moeLayers, experts)];
  }

  /** Adds the choices of some tokens. */
  void add(RoutingTrace choices) {
    for (int token = 0; token < choices.tokens(); token++) {
      for (int layer = 0; layer < choices.moeLayers(); layer++) {
        int awake = TokenChoices.awake(choices, token, layer);
        for (int rank = 0; rank < awake; rank++) {
          calls[layer * experts + choices.expert(token, layer, rank)]++;
        }
      }
    }
  }

  void add(CallCounts other) {
    for (int i = 0; i < calls.length; i++) {
      calls[i] += other.calls[i];
    }
  }

  public int moeLayers() {
    return experts == 0 ? 0 : calls.length / experts;
  }

  public int experts() {
    return experts;
  }

  public long get(int moeLayer, int expert) {
    return calls[moeLayer * experts + expert];
  }

  /** A copy, row-major [moeLayers, experts]. */
  public long[] toArray() {
    return calls.clone();
  }
}
