package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.ScanShape;

/** The last inputs of the convolution and the recurrent state of one Mamba-2 mixer. */
public final class Mamba2State implements RecurrentState {
  private final ScanShape shape;

  /** {@code [kernel - 1, channels]}, newest last; zeros before the start. */
  final float[] convolution;

  /** In the kernels' tiled order. */
  final float[] recurrent;

  Mamba2State(ScanShape shape, float[] convolution, float[] recurrent) {
    this.shape = shape;
    this.convolution = convolution;
    this.recurrent = recurrent;
  }

  @Override
  public float[] recurrent() {
    return StateLayout.toRowMajor(shape, recurrent);
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
  public Mamba2State copy() {
    return new Mamba2State(shape, convolution.clone(), recurrent.clone());
  }
}
