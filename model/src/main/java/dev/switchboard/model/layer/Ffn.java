package dev.switchboard.model.layer;

import dev.switchboard.model.architecture.Activation;
import dev.switchboard.model.kernel.ActivationCodes;
import dev.switchboard.model.kernel.GroupedProducts;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import dev.switchboard.model.kernel.TileStep;
import java.util.List;
import java.util.Objects;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** {@code down(activation(gate x, up x))}. */
public final class Ffn {
  private final @Nullable Linear gate;
  private final Linear up;
  private final Linear down;
  private final Activation activation;
  private final TileStep betweenProducts = this::activate;

  /**
   * @param gate {@code [intermediate, dModel]}; empty for networks without a gate
   * @param up {@code [intermediate, dModel]}
   * @param down {@code [dModel, intermediate]}
   */
  public Ffn(Optional<Linear> gate, Linear up, Linear down, Activation activation) {
    Linear beside = gate.orElse(up);
    if (up.out() != down.in()
        || up.in() != down.out()
        || beside.in() != up.in()
        || beside.out() != up.out()) {
      throw new IllegalArgumentException(
          "gate %s, up %s and down %s; expected [f, d], [f, d] and [d, f]"
              .formatted(gate, up, down));
    }
    this.gate = gate.orElse(null);
    this.up = up;
    this.down = down;
    this.activation = activation;
  }

  /**
   * {@code [rows, dModel] -> [rows, dModel]}. Activations that gate and up take as codes are
   * quantised once for both.
   */
  // size: arrays and offsets instead of views, nothing is allocated per call
  public void forward(
      float[] in, int inOffset, int rows, float[] out, int outOffset, Scratch scratch) {
    int block = activationBlock();
    if (block > 0) {
      ActivationCodes codes = scratch.sharedCodes();
      Kernels.quantise(in, inOffset, rows, dModel(), block, codes, scratch);
      forward(codes, out, outOffset, scratch);
    } else if (mixed()) {
      forwardMixed(in, inOffset, rows, out, outOffset, scratch);
    } else {
      scratch.grouped().begin();
      addTo(scratch.grouped(), rows);
      scratch.grouped().forward(in, inOffset, out, outOffset);
      addDownBias(out, outOffset, rows);
    }
  }

  /** The same for activations as codes; of the blocks that {@link #activationBlock} says. */
  public void forward(ActivationCodes in, float[] out, int outOffset, Scratch scratch) {
    scratch.grouped().begin();
    addTo(scratch.grouped(), in.rows());
    scratch.grouped().forward(in, out, outOffset);
    addDownBias(out, outOffset, in.rows());
  }

  /** Gate and up are of types that meet different activations. */
  private boolean mixed() {
    return gate != null && gate.activationBlock() != up.activationBlock();
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  private void forwardMixed(
      float[] in, int inOffset, int rows, float[] out, int outOffset, Scratch scratch) {
    int values = rows * intermediate();
    float[] hidden = scratch.floats(Slot.HIDDEN, values);
    float[] gated = scratch.floats(Slot.GATE_TILE, values);
    up.forward(in, inOffset, rows, hidden, 0, scratch);
    Objects.requireNonNull(gate).forward(in, inOffset, rows, gated, 0, scratch);
    Activations.apply(activation, gated, hidden, values);
    down.forward(hidden, 0, rows, out, outOffset, scratch);
  }

  /** Whether both can be computed in one {@link FfnGroup}. */
  boolean groupsWith(Ffn other) {
    return !mixed()
        && !other.mixed()
        && activationBlock() == other.activationBlock()
        && down.activationBlock() == other.down.activationBlock()
        && dModel() == other.dModel()
        && intermediate() == other.intermediate();
  }

  void addTo(GroupedProducts group, int rows) {
    group.add(
        gate == null ? null : gate.weight(), up.weight(), down.weight(), betweenProducts, rows);
  }

  private void activate(float[] gateTile, float[] upTile, int rows, int firstColumn, int columns) {
    up.addBias(upTile, rows, firstColumn, columns);
    if (gate == null) {
      Activations.apply(activation, upTile, rows * columns);
    } else {
      gate.addBias(gateTile, rows, firstColumn, columns);
      Activations.apply(activation, gateTile, upTile, rows * columns);
    }
  }

  void addDownBias(float[] out, int outOffset, int rows) {
    down.addBias(out, outOffset, rows);
  }

  /** Columns of the codes that gate and up both take that share a scale; 0: they take floats. */
  public int activationBlock() {
    int block = up.activationBlock();
    return gate == null || gate.activationBlock() == block ? block : 0;
  }

  public int dModel() {
    return down.out();
  }

  public int intermediate() {
    return down.in();
  }

  /** Multiply-adds of one row. */
  public long multiplyAddsPerRow() {
    return (gate == null ? 0 : gate.multiplyAdds()) + up.multiplyAdds() + down.multiplyAdds();
  }

  /** Gate, where there is one, up and down. */
  public List<PackedMatrix> matrices() {
    return gate == null
        ? List.of(up.weight(), down.weight())
        : List.of(gate.weight(), up.weight(), down.weight());
  }

  /** Native memory held. */
  public long packedBytes() {
    return (gate == null ? 0 : gate.packedBytes()) + up.packedBytes() + down.packedBytes();
  }
}
