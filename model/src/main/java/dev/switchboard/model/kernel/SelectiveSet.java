package dev.switchboard.model.kernel;

/**
 * One implementation of {@link SelectiveScan}; all give the same bits. Arguments have been checked.
 */
interface SelectiveSet {
  // size: arrays and offsets instead of views, nothing is allocated per call
  void run(
      SelectiveShape shape,
      SelectiveInput in,
      int tokens,
      float[] a,
      float[] skip,
      float[] state,
      float[] y,
      int yOffset);
}
