package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.model.kernel.PackedMatrix;
import dev.switchboard.model.kernel.Scratch;

/** Final norm, then logits. */
public final class Head {
  private final RmsNorm norm;
  private final PackedMatrix weight;

  /**
   * @param norm of width dModel
   * @param weight {@code [vocabulary, dModel]}; the embedding's, if tied
   */
  public Head(RmsNorm norm, PackedMatrix weight) {
    if (norm.width() != weight.columns()) {
      throw new IllegalArgumentException("norm of " + norm.width() + " before head " + weight);
    }
    this.norm = norm;
    this.weight = weight;
  }

  /** {@code [rows, dModel] -> [rows, vocabulary]}; the rows are normalised in place. */
  public void forward(float[] in, int inOffset, int rows, float[] logits, Scratch scratch) {
    norm.forward(in, inOffset, rows, in, inOffset, scratch);
    Kernels.matmul(weight, in, inOffset, rows, logits, 0, scratch);
  }

  public int vocabulary() {
    return weight.rows();
  }
}
