package dev.switchboard.training.gate;

import java.io.Serializable;

/**
 * Where the gates stand when a micro-batch is differentiated.
 *
 * @param values of {@link GateParameters}
 * @param bias {@code [layers, E]}, row by row: added to the logits for the choice alone; empty:
 *     none
 * @param hardness how far the mix of experts has moved from the softmax to the choice, in [0, 1]
 */
public record GatePoint(float[] values, float[] bias, float hardness) implements Serializable {
  /** Without bias. */
  public static GatePoint of(float[] values, float hardness) {
    return new GatePoint(values, new float[0], hardness);
  }

  /** The part of one layer, {@code [E]}. */
  float[] bias(int layer, int experts) {
    float[] part = new float[experts];
    System.arraycopy(bias, layer * experts, part, 0, experts);
    return part;
  }
}
