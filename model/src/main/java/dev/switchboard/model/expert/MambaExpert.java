package dev.switchboard.model.expert;

import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.ScanShape;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import dev.switchboard.model.layer.Mamba2Core;
import java.util.List;

/**
 * An expert with a Mamba-2 backbone: in_proj gives [z | x | B | C | dt], no convolution. A token
 * that is routed elsewhere does not move its state, as if dt were 0 there.
 */
public final class MambaExpert implements Expert {
  private final Mamba2Core core;
  private final PackedMatrix inProjection;
  private final PackedMatrix outProjection;

  /**
   * @param inProjection {@code [2 * inner + 2 * groups * stateSize + heads, dModel]}
   * @param outProjection {@code [dModel, inner]}
   */
  public MambaExpert(Mamba2Core core, PackedMatrix inProjection, PackedMatrix outProjection) {
    ScanShape shape = core.shape();
    int projected = 2 * shape.inner() + 2 * shape.groupWidth() + shape.heads();
    if (inProjection.rows() != projected
        || outProjection.columns() != shape.inner()
        || outProjection.rows() != inProjection.columns()) {
      throw new IllegalArgumentException(
          shape
              + " needs in_proj of "
              + projected
              + " rows and out_proj of "
              + shape.inner()
              + " columns; was given "
              + inProjection
              + " and "
              + outProjection);
    }
    this.core = core;
    this.inProjection = inProjection;
    this.outProjection = outProjection;
  }

  @Override
  public int dModel() {
    return outProjection.rows();
  }

  @Override
  public long multiplyAddsPerRow() {
    // The recurrence: one update and one read of each state value.
    return inProjection.multiplyAdds()
        + outProjection.multiplyAdds()
        + 2L * core.shape().stateValues();
  }

  @Override
  public boolean stateful() {
    return true;
  }

  @Override
  public MambaExpertState newState() {
    return new MambaExpertState(core.shape(), 0, new float[core.shape().stateFloats()]);
  }

  @Override
  public MambaExpertState readState(byte[] bytes) {
    return MambaExpertState.read(core.shape(), bytes);
  }

  @Override
  public long packedBytes() {
    return inProjection.packedBytes() + outProjection.packedBytes();
  }

  @Override
  public List<PackedMatrix> matrices() {
    return List.of(inProjection, outProjection);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void forward(
      float[] in,
      int inOffset,
      int rows,
      ExpertState state,
      float[] out,
      int outOffset,
      Scratch scratch) {
    if (!(state instanceof MambaExpertState mine) || !mine.shape().equals(core.shape())) {
      throw new IllegalArgumentException(
          "a state of another expert: " + state + "; expected one of " + core.shape());
    }
    int inner = core.shape().inner();
    int width = inProjection.rows();
    float[] projected = scratch.floats(Slot.PROJECTION, rows * width);
    Kernels.matmul(inProjection, in, inOffset, rows, projected, 0, scratch);
    float[] y = scratch.floats(Slot.SCAN_OUTPUT, rows * inner);
    int dt = width - core.shape().heads();
    Mamba2Core.Rows tokens = new Mamba2Core.Rows(projected, inner, width, projected, 0, dt, width);
    core.forward(tokens, rows, mine.values(), y, 0, scratch);
    mine.advance(rows);
    Kernels.matmul(outProjection, y, 0, rows, out, outOffset, scratch);
  }
}
