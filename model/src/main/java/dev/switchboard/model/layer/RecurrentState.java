package dev.switchboard.model.layer;

import dev.switchboard.model.snapshot.StatePart.Kind;
import java.lang.foreign.MemorySegment;
import java.util.List;
import java.util.function.UnaryOperator;

/**
 * What a Mamba mixer remembers of one sequence: the last inputs of its convolution and its
 * recurrent state. Its size does not grow.
 */
public final class RecurrentState implements MixerState {
  private final UnaryOperator<float[]> toRowMajor;

  /** {@code [kernel - 1, channels]}, newest last; zeros before the start. */
  final float[] convolution;

  /** In the kernels' tiled order. */
  final float[] recurrent;

  /**
   * @param toRowMajor from the kernels' order to that of {@link #recurrent()}
   */
  RecurrentState(float[] convolution, float[] recurrent, UnaryOperator<float[]> toRowMajor) {
    this.convolution = convolution;
    this.recurrent = recurrent;
    this.toRowMajor = toRowMajor;
  }

  /** The recurrent state: {@code [heads, headDim, stateSize]}, or {@code [inner, stateSize]}. */
  public float[] recurrent() {
    return toRowMajor.apply(recurrent);
  }

  /** The last inputs of the convolution, {@code [kernel - 1, channels]}, newest last. */
  public float[] convolution() {
    return convolution.clone();
  }

  @Override
  public List<Memory> memory() {
    return List.of(
        new Memory(Kind.CONVOLUTION, MemorySegment.ofArray(convolution)),
        new Memory(Kind.RECURRENT, MemorySegment.ofArray(recurrent)));
  }

  @Override
  public long bytes() {
    return (long) Float.BYTES * (convolution.length + recurrent.length);
  }

  @Override
  public RecurrentState copy() {
    return new RecurrentState(convolution.clone(), recurrent.clone(), toRowMajor);
  }
}
