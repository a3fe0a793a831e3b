package dev.switchboard.model.kernel;

import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.util.ArrayList;
import java.util.List;

/** Blocks of one layer, full of NaN until something is stored. */
final class TestPages implements KvPages {
  private static final long BEFORE = 128;

  private final List<MemorySegment> blocks = new ArrayList<>();

  TestPages(KvShape kv, int tokens) {
    for (int t = 0; t < tokens; t += KvShape.BLOCK_KEYS) {
      MemorySegment block = Arena.ofAuto().allocate(BEFORE + kv.blockBytes(), 64);
      for (long at = 0; at < block.byteSize(); at += Float.BYTES) {
        block.set(ValueLayout.JAVA_FLOAT, at, Float.NaN);
      }
      blocks.add(block);
    }
  }

  @Override
  public MemorySegment block(int index) {
    return blocks.get(index);
  }

  @Override
  public long layerOffset() {
    return BEFORE;
  }
}
