package dev.switchboard.model.layer;

import dev.switchboard.model.kernel.Scratch;

/** Final norm, then logits. */
public final class Head {
  private final RmsNorm norm;
  private final Linear weight;

  /**
   * @param norm of width dModel
   * @param weight {@code [vocabulary, dModel]}; the embedding's, if tied
   */
  public Head(RmsNorm norm, Linear weight) {
    if (norm.width() != weight.in()) {
      throw new IllegalArgumentException("norm of " + norm.width() + " before head " + weight);
    }
    this.norm = norm;
    this.weight = weight;
  }

  /** The final norm, {@code [rows, dModel]} in place. */
  public void normalise(float[] values, int rows, Scratch scratch) {
    norm.forward(values, 0, rows, values, 0, scratch);
  }

  /** {@code [rows, dModel]}, normalised, {@code -> [rows, vocabulary]}. */
  public void logits(float[] normalised, int rows, float[] logits, Scratch scratch) {
    weight.forward(normalised, 0, rows, logits, 0, scratch);
  }

  public int vocabulary() {
    return weight.out();
  }
}
