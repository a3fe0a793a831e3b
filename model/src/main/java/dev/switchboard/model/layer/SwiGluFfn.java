package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;

/** down(silu(gate x) * (up x)). */
public final class SwiGluFfn {
  private final PackedMatrix gateUp;
  private final PackedMatrix down;
  private final int intermediate;

  /**
   * @param gateUp {@code [2 * intermediate, dModel]}: the gate's rows, then up's
   * @param down {@code [dModel, intermediate]}
   */
  public SwiGluFfn(PackedMatrix gateUp, PackedMatrix down) {
    if (gateUp.rows() != 2 * down.columns() || gateUp.columns() != down.rows()) {
      throw new IllegalArgumentException(
          "gate and up " + gateUp + " do not fit down " + down + "; expected [2f, d] and [d, f]");
    }
    this.gateUp = gateUp;
    this.down = down;
    this.intermediate = down.columns();
  }

  /** {@code [rows, dModel] -> [rows, dModel]}. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public void forward(
      float[] in, int inOffset, int rows, float[] out, int outOffset, Scratch scratch) {
    float[] hidden = scratch.floats(Slot.HIDDEN, 2 * rows * intermediate);
    Kernels.matmul(gateUp, in, inOffset, rows, hidden, 0, scratch);
    float[] activated = scratch.floats(Slot.ACTIVATED, rows * intermediate);
    for (int r = 0; r < rows; r++) {
      int gate = 2 * r * intermediate;
      Kernels.siluTimes(
          hidden, gate, hidden, gate + intermediate, activated, r * intermediate, intermediate);
    }
    Kernels.matmul(down, activated, 0, rows, out, outOffset, scratch);
  }

  public int dModel() {
    return down.rows();
  }

  public int intermediate() {
    return intermediate;
  }

  /** Multiply-adds of one row. */
  public long multiplyAddsPerRow() {
    return gateUp.multiplyAdds() + down.multiplyAdds();
  }

  /** Native memory held. */
  public long packedBytes() {
    return gateUp.packedBytes() + down.packedBytes();
  }
}
