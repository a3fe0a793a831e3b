package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.BlockLayout.GROUP;
import static dev.switchboard.model.kernel.BlockLayout.LINE_BYTES;
import static dev.switchboard.model.kernel.BlockLayout.RUN_LINES;

import dev.switchboard.model.kernel.BlockLayout.Planes;
import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.Arrays;

/**
 * From rows of GGUF blocks to panels. 64 rows at a time are copied to the heap in bulk; one block
 * of columns of them is put together in a buffer that stays in the first cache, and copied out in
 * bulk.
 */
final class BlockPacker implements Packing.PanelMaker {
  private static final int PANEL = PackedMatrix.PANEL;

  private final PackedShape shape;
  private final RowSource source;
  private final Format format;
  private final BlockLayout layout;
  private final Planes planes;
  private final int blocks;
  private final int rowBytes;
  private final byte[] rows;
  private final byte[] block;
  private final int[] words = new int[RUN_LINES];

  BlockPacker(PackedShape shape, RowSource source) {
    this.shape = shape;
    this.source = source;
    this.format = shape.format();
    this.layout = BlockLayout.of(format);
    this.planes = layout.planes();
    this.blocks = shape.columns() / layout.elements();
    this.rowBytes = Math.toIntExact(format.rowBytes(shape.columns()));
    this.rows = new byte[Math.multiplyExact(rowBytes, PANEL)];
    this.block = new byte[layout.panelBlockBytes()];
  }

  @Override
  public void make(int panel, MemorySegment to, long begin) {
    int width = shape.width(panel);
    for (int lane = 0; lane < width; lane++) {
      MemorySegment row = PackedMatrix.checkedRow(source, panel * PANEL + lane, rowBytes);
      MemorySegment.copy(row, ValueLayout.JAVA_BYTE, 0, rows, lane * rowBytes, rowBytes);
    }
    if (width < PANEL) {
      Arrays.fill(block, (byte) 0);
    }
    long at = begin;
    for (int b = 0; b < blocks; b++) {
      for (int lane = 0; lane < width; lane++) {
        int from = lane * rowBytes + b * format.blockBytes();
        header(from, lane);
        codes(from, lane);
      }
      MemorySegment.copy(block, 0, to, ValueLayout.JAVA_BYTE, at, block.length);
      at += block.length;
    }
  }

  private void header(int from, int lane) {
    int scale = from + GgufBlocks.scaleAt(format);
    if (layout.scales() == BlockLayout.Scales.EXPONENT) {
      block[lane] = rows[scale];
      return;
    }
    block[2 * lane] = rows[scale];
    block[2 * lane + 1] = rows[scale + 1];
    if (layout.hasMinimums()) {
      int to = layout.minScalesOffset() + 2 * lane;
      block[to] = rows[scale + 2];
      block[to + 1] = rows[scale + 3];
    }
    for (int s = 0; s < layout.subs(); s++) {
      block[layout.subsOffset() + BlockLayout.subPosition(s, lane)] =
          GgufBlocks.sub(format, rows, from, s);
    }
    if (layout.mins() == BlockLayout.Mins.BYTES) {
      for (int s = 0; s < layout.subs(); s++) {
        block[layout.minsOffset() + BlockLayout.subPosition(s, lane)] =
            GgufBlocks.min(rows, from, s);
      }
    }
  }

  private void codes(int from, int lane) {
    int to =
        layout.headerBytes()
            + lane / GROUP * layout.groupRunBytes()
            + lane % GROUP * (LINE_BYTES / GROUP);
    for (int run = 0; run < layout.runs(); run++, to += layout.runBytes()) {
      GgufBlocks.words(format, rows, from, run, words);
      if (planes.bytes()) {
        for (int line = 0; line < RUN_LINES; line++) {
          put(to, line, words[line]);
        }
      } else {
        planes(to);
      }
    }
  }

  private void planes(int to) {
    if (planes.nibbles()) {
      for (int line = 0; line < 4; line++) {
        put(to, line, words[2 * line] & 0x0f0f0f0f | (words[2 * line + 1] & 0x0f0f0f0f) << 4);
      }
    }
    if (planes.twoShift() >= 0) {
      for (int line = 0; line < 2; line++) {
        int pairs = 0;
        for (int m = 0; m < 4; m++) {
          pairs |= (words[4 * line + m] >>> planes.twoShift() & 0x03030303) << 2 * m;
        }
        put(to, planes.twoLine() + line, pairs);
      }
    }
    if (planes.oneShift() >= 0) {
      int bits = 0;
      for (int m = 0; m < RUN_LINES; m++) {
        bits |= (words[m] >>> planes.oneShift() & 0x01010101) << m;
      }
      put(to, planes.oneLine(), bits);
    }
  }

  private void put(int to, int line, int word) {
    GgufBlocks.INT.set(block, to + line * LINE_BYTES, word);
  }
}
