package dev.switchboard.model;

import java.util.Arrays;
import java.util.Map;
import java.util.TreeMap;

/** What the gates of each layer read of a sequence, kept for whoever wants to train them. */
public final class GateInputs {
  private final int dModel;
  private final Map<Integer, Rows> byLayer = new TreeMap<>();

  private static final class Rows {
    private float[] values = new float[0];
    private int length;
  }

  /**
   * @param dModel values of a row
   */
  public GateInputs(int dModel) {
    this.dModel = dModel;
  }

  /** Rows {@code from} to {@code to} of a layer, which follow those that it had. */
  void add(int layer, float[] rows, int from, int to) {
    Rows kept = byLayer.computeIfAbsent(layer, l -> new Rows());
    int more = (to - from) * dModel;
    int needed = Math.addExact(kept.length, more);
    if (kept.values.length < needed) {
      kept.values = Arrays.copyOf(kept.values, Math.max(needed, 2 * kept.length));
    }
    System.arraycopy(rows, from * dModel, kept.values, kept.length, more);
    kept.length = needed;
  }

  /**
   * One row.
   *
   * @return {@code [dModel]}
   */
  public float[] row(int layer, int position) {
    Rows kept = byLayer.get(layer);
    if (kept == null || (position + 1) * dModel > kept.length) {
      throw new IllegalArgumentException("no row " + position + " of layer " + layer);
    }
    return Arrays.copyOfRange(kept.values, position * dModel, (position + 1) * dModel);
  }
}
