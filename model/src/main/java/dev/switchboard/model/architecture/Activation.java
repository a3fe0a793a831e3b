package dev.switchboard.model.architecture;

/** What an FFN does between its projections. */
public sealed interface Activation {
  /** silu(gate) * up, or silu(up) where there is no gate. */
  record Silu() implements Activation {}

  /** gelu(gate) * up with the tanh form of gelu, or gelu(up) where there is no gate. */
  record GeluTanh() implements Activation {}

  /** relu(up)^2; there is no gate. */
  record ReluSquared() implements Activation {}

  /**
   * gpt-oss: g = min(gate, limit), u = up within +-limit; g * sigmoid(alpha g) * (u + 1).
   *
   * @param alpha 1.702 in gpt-oss
   * @param limit positive
   */
  record ClampedSwiglu(float alpha, float limit) implements Activation {
    public ClampedSwiglu {
      if (!(limit > 0) || !Float.isFinite(alpha)) {
        throw new IllegalArgumentException(
            "swiglu_limit is " + limit + " and alpha " + alpha + "; expected a limit above 0");
      }
    }
  }
}
