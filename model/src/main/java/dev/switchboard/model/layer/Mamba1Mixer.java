package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import dev.switchboard.model.kernel.SelectiveInput;
import dev.switchboard.model.kernel.SelectiveScan;
import dev.switchboard.model.kernel.SelectiveShape;
import java.util.Optional;
import org.jspecify.annotations.Nullable;

/**
 * A Mamba-1 mixer (S6):
 *
 * <pre>
 * [x | z] = in u;   x = silu(convolution x);   [dt | B | C] = selection x   (Jamba: each normed)
 * dt = softplus(steps dt + bias);   h = exp(dt A) h + (dt x) B;   y = h C + D x
 * out(y * silu(z))
 * </pre>
 *
 * <p>The projections are one product over all rows of a step. The rest is shared out over the crew:
 * convolution and gate by rows, the recurrence by channels, sequence by sequence.
 */
public final class Mamba1Mixer implements Mixer {
  /**
   * The four products.
   *
   * @param in {@code [2 * inner, dModel]}
   * @param selection {@code [rank + 2 * stateSize, inner]}
   * @param steps {@code [inner, rank]}, with bias
   * @param out {@code [dModel, inner]}
   */
  public record Projections(Linear in, Linear selection, Linear steps, Linear out) {}

  /** What Jamba does to dt {@code [rank]}, B and C {@code [stateSize]} before they are used. */
  public record Norms(RmsNorm steps, RmsNorm b, RmsNorm c) {}

  private final SelectiveShape shape;
  private final Projections projections;
  private final CausalConvolution convolution;
  private final float[] rates;
  private final float[] skip;
  private final int rank;
  private final @Nullable Norms norms;

  /**
   * @param rates A {@code [inner, stateSize]}
   * @param skip D {@code [inner]}
   */
  public Mamba1Mixer(
      Projections projections,
      CausalConvolution convolution,
      float[] rates,
      float[] skip,
      Optional<Norms> norms) {
    int inner = convolution.channels();
    this.shape = new SelectiveShape(inner, rates.length / inner);
    this.rates = shape.toTiled(rates);
    this.skip = Shapes.check("D", skip, inner).clone();
    this.projections = projections;
    this.convolution = convolution;
    this.rank = projections.steps().in();
    this.norms = norms.orElse(null);
    check(norms);
  }

  private void check(Optional<Norms> norms) {
    int inner = shape.inner();
    boolean fits =
        projections.in().out() == 2 * inner
            && projections.selection().in() == inner
            && projections.selection().out() == rank + 2 * shape.stateSize()
            && projections.steps().out() == inner
            && projections.out().in() == inner
            && projections.out().out() == projections.in().in();
    if (!fits) {
      throw new IllegalArgumentException(shape + " of rank " + rank + " with " + projections);
    }
    norms.ifPresent(n -> {
      if (n.steps().width() != rank
          || n.b().width() != shape.stateSize()
          || n.c().width() != shape.stateSize()) {
        throw new IllegalArgumentException(
            "norms of dt, B and C of widths %d, %d and %d; expected %d, %d and %d"
                .formatted(
                    n.steps().width(),
                    n.b().width(),
                    n.c().width(),
                    rank,
                    shape.stateSize(),
                    shape.stateSize()));
      }
    });
  }

  @Override
  public RecurrentState newState(SequenceMemory memory) {
    return new RecurrentState(
        convolution.newPast(), new float[shape.stateFloats()], shape::toRowMajor);
  }

  // size: arrays and offsets instead of views, nothing is allocated per call
  @Override
  public void forward(
      float[] in, int[] starts, int segments, MixerState[] states, float[] out, Scratch scratch) {
    int rows = starts[segments];
    int inner = shape.inner();
    float[] projected = scratch.floats(Slot.PROJECTION, rows * 2 * inner);
    projections.in().forward(in, 0, rows, projected, 0, scratch);
    float[] x = scratch.floats(Slot.CONV_OUTPUT, rows * inner);
    convolution.forward(projected, 0, 2 * inner, starts, segments, states, x, scratch);
    float[] selected = scratch.floats(Slot.SELECTION, rows * projections.selection().out());
    float[] steps = scratch.floats(Slot.STEP_SIZES, rows * inner);
    select(x, rows, selected, steps, scratch);
    float[] y = scratch.floats(Slot.SCAN_OUTPUT, rows * inner);
    long updates = (long) rows * shape.stateSize();
    if (Shares.alone(scratch, inner, updates)) {
      scan(x, selected, steps, starts, segments, states, 0, inner, y);
    } else {
      Shares.run(
          scratch,
          inner,
          SelectiveShape.TILE,
          updates,
          (from, to, own) -> scan(x, selected, steps, starts, segments, states, from, to, y));
    }
    if (Shares.alone(scratch, rows, inner)) {
      gate(projected, y, 0, rows);
    } else {
      Shares.run(scratch, rows, 1, inner, (from, to, own) -> gate(projected, y, from, to));
    }
    projections.out().forward(y, 0, rows, out, 0, scratch);
  }

  private void gate(float[] projected, float[] y, int from, int to) {
    int inner = shape.inner();
    for (int r = from; r < to; r++) {
      int at = r * inner;
      Kernels.siluTimes(projected, 2 * at + inner, y, at, y, at, inner);
    }
  }

  /** B, C and the step sizes of all rows. */
  private void select(float[] x, int rows, float[] selected, float[] steps, Scratch scratch) {
    int width = projections.selection().out();
    int stateSize = shape.stateSize();
    projections.selection().forward(x, 0, rows, selected, 0, scratch);
    float[] narrow = scratch.floats(Slot.STEP_INPUT, rows * rank);
    for (int r = 0; r < rows; r++) {
      System.arraycopy(selected, r * width, narrow, r * rank, rank);
    }
    if (norms != null) {
      norms.steps().forward(narrow, 0, rows, narrow, 0, scratch);
      for (int r = 0; r < rows; r++) {
        int b = r * width + rank;
        norms.b().forward(selected, b, 1, selected, b, scratch);
        norms.c().forward(selected, b + stateSize, 1, selected, b + stateSize, scratch);
      }
    }
    projections.steps().forward(narrow, 0, rows, steps, 0, scratch);
    int inner = shape.inner();
    if (Shares.alone(scratch, rows, inner)) {
      Kernels.softplus(steps, 0, rows * inner);
    } else {
      Shares.run(
          scratch,
          rows,
          1,
          inner,
          (from, to, own) -> Kernels.softplus(steps, from * inner, (to - from) * inner));
    }
  }

  /** The recurrence of some channels, sequence by sequence. */
  // size: arrays and offsets instead of views, nothing is allocated per call
  private void scan(
      float[] x,
      float[] selected,
      float[] steps,
      int[] starts,
      int segments,
      MixerState[] states,
      int from,
      int to,
      float[] y) {
    int width = projections.selection().out();
    for (int i = 0; i < segments; i++) {
      int at = starts[i] * shape.inner();
      int b = starts[i] * width + rank;
      SelectiveInput in =
          new SelectiveInput(x, at, steps, at, selected, b, b + shape.stateSize(), width);
      float[] state = ((RecurrentState) states[i]).recurrent;
      int tokens = starts[i + 1] - starts[i];
      SelectiveScan.run(shape, in, tokens, from, to - from, rates, skip, state, y, at);
    }
  }
}
