package dev.switchboard.model.layer;

/** What a Mamba mixer remembers of one sequence; its size does not grow. */
public sealed interface RecurrentState extends MixerState permits Mamba1State, Mamba2State {
  /** The recurrent state: {@code [heads, headDim, stateSize]}, or {@code [inner, stateSize]}. */
  float[] recurrent();

  /** The last inputs of the convolution, {@code [kernel - 1, channels]}, newest last. */
  float[] convolution();
}
