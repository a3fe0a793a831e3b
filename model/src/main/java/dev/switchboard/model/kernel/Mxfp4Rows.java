package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/** Rows of MXFP4 from two tensors, as GGUF would have them in one. */
final class Mxfp4Rows implements RowSource {
  private static final int BLOCK = 32;
  private static final int HALF = BLOCK / 2;

  private final RowSource blocks;
  private final RowSource exponents;
  private final byte[] codes;
  private final byte[] scales;
  private final byte[] row;
  private final MemorySegment segment;

  Mxfp4Rows(int columns, RowSource blocks, RowSource exponents) {
    this.blocks = blocks;
    this.exponents = exponents;
    this.codes = new byte[Math.max(0, columns / 2)];
    this.scales = new byte[Math.max(0, columns / BLOCK)];
    this.row = new byte[scales.length * Format.MXFP4.blockBytes()];
    this.segment = MemorySegment.ofArray(row);
  }

  @Override
  public MemorySegment row(int index) {
    copy(PackedMatrix.checkedRow(blocks, index, codes.length), codes);
    copy(PackedMatrix.checkedRow(exponents, index, scales.length), scales);
    for (int b = 0; b < scales.length; b++) {
      int to = b * Format.MXFP4.blockBytes();
      row[to] = scales[b];
      for (int i = 0; i < HALF; i++) {
        row[to + 1 + i] = (byte) (code(b, i) | code(b, i + HALF) << 4);
      }
    }
    return segment;
  }

  /** Column i of a block: neighbours share a byte here; in GGUF columns 16 apart do. */
  private int code(int block, int i) {
    return codes[block * HALF + i / 2] >>> 4 * (i % 2) & 0xf;
  }

  private static void copy(MemorySegment from, byte[] to) {
    MemorySegment.copy(from, ValueLayout.JAVA_BYTE, 0, to, 0, to.length);
  }
}
