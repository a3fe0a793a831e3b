package dev.switchboard.training.gate;

import java.io.Serializable;

/**
 * Weights of the loss terms beside the language model's.
 *
 * @param balance of {@code E * sum_e (share of tokens of e) * (mean probability of e)}
 * @param z of the mean squared log-sum-exp of the gate's logits
 * @param domain of the cross-entropy against the document's domain; 0: domains are not told
 */
public record GateLoss(double balance, double z, double domain) implements Serializable {
  public GateLoss {
    if (!(balance >= 0) || !(z >= 0) || !(domain >= 0)) {
      throw new IllegalArgumentException(
          "loss weights must not be negative: " + balance + ", " + z + ", " + domain);
    }
  }
}
