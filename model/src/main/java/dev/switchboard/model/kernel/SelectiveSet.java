package dev.switchboard.model.kernel;

/**
 * One implementation of {@link SelectiveScan}, for some channels; all give the same bits. Arguments
 * have been checked: the first channel begins a tile.
 */
interface SelectiveSet {
  // size: arrays and offsets instead of views, nothing is allocated per call
  void run(
      SelectiveShape shape,
      SelectiveInput in,
      int tokens,
      int firstChannel,
      int channels,
      float[] a,
      float[] skip,
      float[] state,
      float[] y,
      int yOffset);
}
