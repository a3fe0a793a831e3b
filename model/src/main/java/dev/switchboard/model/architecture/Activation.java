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
   * gpt-oss: g = min(gate, limit), u = up within +-limit; g * sigmoid(1.702 g) * (u + 1).
   *
   * @param limit positive
   */
  record ClampedSwiglu(float limit) implements Activation {
    /** What the gate is multiplied with inside its sigmoid. */
    public static final float ALPHA = 1.702f;

    public ClampedSwiglu {
      if (!(limit > 0)) {
        throw new IllegalArgumentException("swiglu_limit is " + limit + "; expected more than 0");
      }
    }
  }
}
