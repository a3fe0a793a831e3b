package dev.switchboard.router.gates;

import dev.switchboard.model.RoutingTrace;
import java.util.Arrays;

/**
 * What one version chose and another would have chosen, over the same tokens. One of the two may
 * know more experts than the model has of its own. For one thread at a time.
 */
final class GateComparison {
  private final long[] differing;
  private final long[][] calls;
  private final long[][] otherCalls;
  private int experts;
  private long tokens;
  private long differingTokens;

  GateComparison(int moeLayers, int experts) {
    this.experts = experts;
    this.differing = new long[moeLayers];
    this.calls = new long[moeLayers][experts];
    this.otherCalls = new long[moeLayers][experts];
  }

  /** Adds tokens; those that the other was not asked about are left out. */
  void add(RoutingTrace choices, int[] others) {
    int k = choices.topK();
    for (int token = 0; token < choices.tokens(); token++) {
      if (others[token * choices.moeLayers() * k] >= 0) {
        add(choices, others, token);
      }
    }
  }

  private void add(RoutingTrace choices, int[] others, int token) {
    int k = choices.topK();
    boolean any = false;
    for (int layer = 0; layer < choices.moeLayers(); layer++) {
      int at = (token * choices.moeLayers() + layer) * k;
      boolean differs = false;
      for (int rank = at; rank < at + k; rank++) {
        count(calls, layer, choices.experts()[rank]);
        count(otherCalls, layer, others[rank]);
        differs |= !contains(others, at, k, choices.experts()[rank]);
      }
      differing[layer] += differs ? 1 : 0;
      any |= differs;
    }
    differingTokens += any ? 1 : 0;
    tokens++;
  }

  private void count(long[][] counts, int layer, int expert) {
    if (expert >= 0) {
      makeRoom(expert + 1);
      counts[layer][expert]++;
    }
  }

  private void makeRoom(int wanted) {
    if (wanted > experts) {
      for (int layer = 0; layer < calls.length; layer++) {
        calls[layer] = Arrays.copyOf(calls[layer], wanted);
        otherCalls[layer] = Arrays.copyOf(otherCalls[layer], wanted);
      }
      experts = wanted;
    }
  }

  private static boolean contains(int[] chosen, int at, int k, int expert) {
    for (int rank = at; rank < at + k; rank++) {
      if (chosen[rank] == expert) {
        return true;
      }
    }
    return false;
  }

  GateComparison copy() {
    GateComparison copy = new GateComparison(differing.length, experts);
    copy.add(this);
    return copy;
  }

  void add(GateComparison more) {
    tokens += more.tokens;
    differingTokens += more.differingTokens;
    addTo(differing, more.differing);
    makeRoom(more.experts);
    for (int layer = 0; layer < calls.length; layer++) {
      addTo(calls[layer], more.calls[layer]);
      addTo(otherCalls[layer], more.otherCalls[layer]);
    }
  }

  private static void addTo(long[] sums, long[] more) {
    for (int i = 0; i < more.length; i++) {
      sums[i] += more[i];
    }
  }

  long tokens() {
    return tokens;
  }

  /** Tokens with another choice in any layer. */
  long differingTokens() {
    return differingTokens;
  }

  int moeLayers() {
    return differing.length;
  }

  long differing(int layer) {
    return differing[layer];
  }

  /** Calls in a layer, by expert. */
  long[] calls(int layer) {
    return calls[layer].clone();
  }

  /** Calls that the other would have made. */
  long[] otherCalls(int layer) {
    return otherCalls[layer].clone();
  }

  /** Share of a layer's most used expert, mean over the layers; 0 of no tokens. */
  double mostUsedShare() {
    return mostUsedShare(calls);
  }

  /** The same, as the other would have it. */
  double otherMostUsedShare() {
    return mostUsedShare(otherCalls);
  }

  private double mostUsedShare(long[][] counts) {
    double sum = 0;
    for (int layer = 0; layer < differing.length; layer++) {
      long most = 0;
      long all = 0;
      for (int e = 0; e < experts; e++) {
        most = Math.max(most, counts[layer][e]);
        all += counts[layer][e];
      }
      sum += all == 0 ? 0 : (double) most / all;
    }
    return differing.length == 0 ? 0 : sum / differing.length;
  }
}
