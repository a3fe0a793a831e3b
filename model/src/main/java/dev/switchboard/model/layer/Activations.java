package dev.switchboard.model.layer;

import dev.switchboard.model.architecture.Activation;
import dev.switchboard.model.kernel.ElementKernels;
import dev.switchboard.model.kernel.Kernels;

/** Which kernel an {@link Activation} is. */
final class Activations {
  private Activations() {}

  /** up = activation(gate, up), n values. */
  static void apply(Activation activation, float[] gate, float[] up, int n) {
    switch (activation) {
      case Activation.Silu silu -> Kernels.siluTimes(gate, 0, up, 0, up, 0, n);
      case Activation.GeluTanh gelu -> ElementKernels.geluTimes(gate, 0, up, 0, up, 0, n);
      case Activation.ClampedSwiglu clamped ->
          ElementKernels.clampedSwiglu(gate, 0, up, 0, clamped.limit(), clamped.alpha(), up, 0, n);
      case Activation.ReluSquared relu ->
          throw new IllegalArgumentException(relu + " beside a gate");
    }
  }

  /** x = activation(x), n values from the first on, for networks without a gate. */
  static void apply(Activation activation, float[] x, int n) {
    switch (activation) {
      case Activation.Silu silu -> ElementKernels.silu(x, 0, n);
      case Activation.GeluTanh gelu -> ElementKernels.gelu(x, 0, n);
      case Activation.ReluSquared relu -> ElementKernels.reluSquared(x, 0, n);
      case Activation.ClampedSwiglu clamped ->
          throw new IllegalArgumentException(clamped + " without a gate");
    }
  }
}
