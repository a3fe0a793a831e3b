package dev.switchboard.model.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;

/**
 * Where the vector kernels unpack a tile of weights that are not floats: 64 rows by up to 256
 * columns. Native, as the panels are: one kernel must not meet both kinds of memory.
 */
final class TileScratch {
  /** Columns of a tile: a block of a K-quant. */
  static final int COLUMNS = 256;

  private static final int PANEL = PackedMatrix.PANEL;
  private static final int PARTS = COLUMNS / ActivationCodes.SUM_COLUMNS;

  /** Weights as floats {@code [COLUMNS][64]}: their values, or the exact integers of codes. */
  final MemorySegment floats = Arena.ofAuto().allocate(4L * COLUMNS * PANEL, 64);

  /** Codes as bytes in the lines of a {@link BlockLayout}. */
  final MemorySegment lines = Arena.ofAuto().allocate((long) COLUMNS * PANEL, 64);

  /** Scales of blocks or of sub-blocks, one row of 64 each. */
  final float[] scales = new float[PARTS * PANEL];

  /** Minimums of blocks or of sub-blocks. */
  final float[] minimums = new float[PARTS * PANEL];

  /** Factors of codes when a tile is made. */
  final float[] factors = new float[PARTS * PANEL];

  /** What is added to codes times factors. */
  final float[] addends = new float[PARTS * PANEL];

  /** Integer scales of sub-blocks. */
  final int[] subs = new int[PARTS * PANEL];

  /** Integer minimums of sub-blocks. */
  final int[] mins = new int[PARTS * PANEL];

  /** Sums of one run of columns, of a block of rows. */
  final float[] run = new float[KernelSet.MAX_ROW_BLOCK * PANEL];

  /** Sums of a block of 256 columns, of a block of rows. */
  final int[] totals = new int[KernelSet.MAX_ROW_BLOCK * PANEL];
}
