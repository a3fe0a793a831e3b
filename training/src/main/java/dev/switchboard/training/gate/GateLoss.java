package dev.switchboard.training.gate;

import java.io.Serializable;

/**
 * Weights of the loss terms.
 *
 * @param lm of the language model's loss; 0: the text behind the gates is not differentiated, which
 *     costs a third
 * @param balance of {@code E * sum_e (share of tokens of e) * (mean probability of e)}
 * @param z of the mean squared log-sum-exp of the gate's logits
 * @param domain of the cross-entropy against the document's domain; 0: domains are not told
 * @param tempering exponent by which the remembered evidence is divided where it is compared with
 *     the domain: a remembering gate's logits grow with the tokens behind them as if each told
 *     something new, which makes it too sure, and a loss that punishes that shortens its memory.
 *     Only the largest logit counts when the model is served. 0: logits as they are
 */
public record GateLoss(double lm, double balance, double z, double domain, double tempering)
    implements Serializable {
  /** Logits as they are. */
  public GateLoss(double lm, double balance, double z, double domain) {
    this(lm, balance, z, domain, 0);
  }

  public GateLoss {
    if (!(tempering >= 0 && tempering <= 1)) {
      throw new IllegalArgumentException("tempering " + tempering + ": expected 0 to 1");
    }
    if (!(lm >= 0) || !(balance >= 0) || !(z >= 0) || !(domain >= 0)) {
      throw new IllegalArgumentException(
          "loss weights must not be negative: " + lm + ", " + balance + ", " + z + ", " + domain);
    }
    if (lm + balance + z + domain == 0) {
      throw new IllegalArgumentException("all loss weights are 0: there is nothing to learn");
    }
  }
}
