package dev.switchboard.model;

import dev.switchboard.model.kernel.ElementKernels;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.Scratch;
import dev.switchboard.model.kernel.Scratch.Slot;
import java.util.Arrays;
import java.util.List;

/** The last half of a step: final norm and logits, for the rows that want them. */
final class HeadPass {
  private final Trunk trunk;
  private final ForwardProbe probe;

  HeadPass(Trunk trunk, ForwardProbe probe) {
    this.trunk = trunk;
    this.probe = probe;
  }

  /**
   * By segment {@code [rows wanted, vocabulary]}; null where none are wanted or the segment failed.
   */
  float[][] logits(Step step, float[] residual, Scratch scratch) {
    int segments = step.segments.size();
    int dModel = trunk.dModel();
    float[][] logits = new float[segments][];
    int[] counts = new int[segments];
    int rows = 0;
    for (int i = 0; i < segments; i++) {
      counts[i] = step.failed(i) ? 0 : step.wantedRows(i);
      rows += counts[i];
    }
    if (rows == 0) {
      return logits;
    }
    float[] last = scratch.floats(Slot.HEAD_INPUT, rows * dModel);
    int at = 0;
    for (int i = 0; i < segments; i++) {
      int first = step.starts[i + 1] - counts[i];
      System.arraycopy(residual, first * dModel, last, at * dModel, counts[i] * dModel);
      at += counts[i];
    }
    trunk.head().normalise(last, rows, scratch);
    probe.finalNorm(last, rows);
    float[] all = new float[Math.multiplyExact(rows, trunk.vocabulary())];
    trunk.head().logits(last, rows, all, scratch);
    if (trunk.plan().factors().logits() != 1f) {
      ElementKernels.multiply(all, 0, trunk.plan().factors().logits(), all.length);
    }
    return split(step, counts, all, logits);
  }

  private float[][] split(Step step, int[] counts, float[] all, float[][] logits) {
    int at = 0;
    for (int i = 0; i < logits.length; i++) {
      int values = counts[i] * trunk.vocabulary();
      if (values > 0) {
        int bad = Kernels.firstNonFinite(all, at, values);
        if (bad >= 0) {
          fail(step, i, bad / trunk.vocabulary());
        } else {
          logits[i] = values == all.length ? all : Arrays.copyOfRange(all, at, at + values);
        }
      }
      at += values;
    }
    return logits;
  }

  private void fail(Step step, int segment, int wantedRow) {
    int layers = trunk.layers().size();
    long position =
        step.positionOfRow[step.starts[segment + 1] - step.wantedRows(segment) + wantedRow];
    step.fail(
        segment,
        layers,
        List.of(),
        "NaN or infinity in the logits (after layer " + (layers - 1) + ") at position " + position);
  }
}
