package dev.switchboard.model.quantise;

/** Hears of each tensor that is written. */
public interface QuantiseProgress {
  /**
   * A tensor is done.
   *
   * @param bytes of tensors so far
   * @param ofAll bytes that all tensors will have
   */
  void wrote(String tensor, long bytes, long ofAll);
}
