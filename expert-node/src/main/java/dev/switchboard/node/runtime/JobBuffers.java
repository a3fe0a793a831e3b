package dev.switchboard.node.runtime;

import dev.switchboard.model.kernel.ActivationCodes;

/** What one batch is computed in; the next one's once it is answered. */
final class JobBuffers {
  /** Answers of so many floats are worth keeping the memory of. */
  private static final int KEPT_FLOATS = 1 << 14;

  private final ActivationCodes codes = new ActivationCodes();
  private float[] out = {};

  /** Room for the batch's rows as codes. */
  ActivationCodes codes() {
    return codes;
  }

  /** Room for its answer: at least so many floats, of any content where there are many. */
  float[] out(int floats) {
    if (floats < KEPT_FLOATS) {
      return new float[floats];
    }
    if (out.length < floats) {
      out = new float[floats];
    }
    return out;
  }
}
