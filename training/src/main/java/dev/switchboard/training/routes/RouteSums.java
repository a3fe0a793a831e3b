package dev.switchboard.training.routes;

import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.moe.Choice;
import dev.switchboard.training.gate.FixedPoint;
import java.util.Arrays;
import java.util.List;

/**
 * What rows say about gates, as whole numbers whose sum does not depend on who adds what first: for
 * each layer the tokens of each expert, and, where it is wanted, the gradient of the gate's weights
 * in fixed point.
 *
 * <p>The loss of a layer is {@code KL(before || now) + balance * experts * sum(f * p)}, with p the
 * softmax over the logits, f the share of choices that each expert had in the step before (Fedus et
 * al., "Switch Transformers").
 */
public final class RouteSums {
  private final List<LayerGate> first;
  private final List<LayerGate> now;
  private final double balance;
  private final double[][] shares;
  private final Choice[] choices;
  private final long[] sums;
  private final Scratch scratch = new Scratch();

  /**
   * @param first the gates that there were; their logits are what the new ones are held to
   * @param shares by layer; empty if no gradient is wanted
   */
  public RouteSums(List<LayerGate> first, List<LayerGate> now, double balance, double[][] shares) {
    this.first = first;
    this.now = now;
    this.balance = balance;
    this.shares = shares;
    this.choices = now.stream().map(LayerGate::choice).toArray(Choice[]::new);
    this.sums = new long[length(now, shares.length > 0)];
  }

  /** Length of the sums. */
  public static int length(List<LayerGate> gates, boolean gradient) {
    int length = 0;
    for (LayerGate gate : gates) {
      length += gate.experts() + (gradient ? gate.weight().length : 0);
    }
    return length;
  }

  /** Adds one token. */
  public RouteSums add(RoutedRow row) {
    int at = 0;
    for (int i = 0; i < now.size(); i++) {
      LayerGate gate = now.get(i);
      float[] logits = gate.logits(row.read()[i]);
      double[] pull = shares.length > 0 ? pull(i, row, logits) : new double[0];
      int k = choices[i].topK();
      int[] chosen = new int[k];
      choices[i].choose(logits, 0, chosen, new float[k], 0, scratch);
      for (int expert : chosen) {
        sums[at + expert]++;
      }
      at += gate.experts();
      if (pull.length > 0) {
        addGradient(at, pull, row.read()[i]);
        at += gate.weight().length;
      }
    }
    return this;
  }

  public long[] sums() {
    return sums;
  }

  private void addGradient(int at, double[] pull, float[] x) {
    for (int e = 0; e < pull.length; e++) {
      int start = at + e * x.length;
      for (int d = 0; d < x.length; d++) {
        sums[start + d] += FixedPoint.of(pull[e] * x[d]);
      }
    }
  }

  /** Derivative of the loss by the logits. */
  private double[] pull(int layer, RoutedRow row, float[] logits) {
    double[] p = softmax(logits);
    double[] before = softmax(first.get(layer).logits(row.read()[layer]));
    double mean = 0;
    for (int e = 0; e < p.length; e++) {
      mean += shares[layer][e] * p[e];
    }
    double[] pull = new double[p.length];
    for (int e = 0; e < p.length; e++) {
      pull[e] = p[e] - before[e] + balance * p.length * p[e] * (shares[layer][e] - mean);
    }
    return pull;
  }

  private static double[] softmax(float[] logits) {
    double most = Double.NEGATIVE_INFINITY;
    for (float logit : logits) {
      most = Math.max(most, logit);
    }
    double[] p = new double[logits.length];
    for (int e = 0; e < p.length; e++) {
      p[e] = StrictMath.exp(logits[e] - most);
    }
    double sum = Arrays.stream(p).sum();
    for (int e = 0; e < p.length; e++) {
      p[e] /= sum;
    }
    return p;
  }
}
