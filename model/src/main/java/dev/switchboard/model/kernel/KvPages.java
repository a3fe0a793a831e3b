package dev.switchboard.model.kernel;

import java.lang.foreign.MemorySegment;

/** Where one layer's keys and values of one sequence lie; see {@link KvShape}. */
public interface KvPages {
  /**
   * The block that holds tokens {@code index * KvShape.BLOCK_KEYS} and following, of all layers; in
   * native memory.
   */
  MemorySegment block(int index);

  /** Bytes from a block's start to this layer's pages. */
  long layerOffset();
}
