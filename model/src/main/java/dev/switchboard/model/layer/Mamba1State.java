package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.SelectiveShape;

/** The last inputs of the convolution and the recurrent state of one Mamba-1 mixer. */
public final class Mamba1State implements RecurrentState {
  private final SelectiveShape shape;

  /** {@code [kernel - 1, inner]}, newest last; zeros before the start. */
  final float[] convolution;

  /** In the kernels' tiled order. */
  final float[] recurrent;

  Mamba1State(SelectiveShape shape, float[] convolution, float[] recurrent) {
    this.shape = shape;
    this.convolution = convolution;
    this.recurrent = recurrent;
  }

  @Override
  public float[] recurrent() {
    return shape.toRowMajor(recurrent);
  }

  @Override
  public float[] convolution() {
    return convolution.clone();
  }

  @Override
  public long bytes() {
    return (long) Float.BYTES * (convolution.length + recurrent.length);
  }

  @Override
  public Mamba1State copy() {
    return new Mamba1State(shape, convolution.clone(), recurrent.clone());
  }
}
