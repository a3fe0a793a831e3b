package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.PackedMatrix;

/** Token to vector. Reads the packed panels, so that a tied head and the embedding are one copy. */
public final class Embedding {
  private final PackedMatrix table;

  /**
   * @param table {@code [vocabulary, dModel]}
   */
  public Embedding(PackedMatrix table) {
    this.table = table;
  }

  /** Writes the vector of a token, {@code [dModel]}. */
  public void lookUp(int token, float[] out, int outOffset) {
    Kernels.row(table, token, out, outOffset);
  }

  public int vocabulary() {
    return table.rows();
  }

  public int dModel() {
    return table.columns();
  }
}
