package dev.switchboard.model.kernel;

import static dev.switchboard.model.kernel.KvShape.BLOCK_KEYS;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * One page of keys or of values as the kernels take it: where it lies in its block, or, if it is
 * not kept in that form, brought into an array. Belongs to one thread.
 */
final class AttentionPage {
  private MemorySegment block = MemorySegment.NULL;
  private long offset;
  private float[] floats = {};
  private float[] unturned = {};
  private boolean inArray;

  /** Whether it is in {@link #floats}; otherwise in {@link #block}. */
  boolean inArray() {
    return inArray;
  }

  float[] floats() {
    return floats;
  }

  MemorySegment block() {
    return block;
  }

  long offset() {
    return offset;
  }

  /** The keys of a head {@code [keyDim][32]}. */
  void keys(KvShape kv, MemorySegment from, long layerOffset, int head) {
    block = from;
    offset = layerOffset + kv.keyOffset(head);
    inArray = kv.type() != KvType.F32;
    if (inArray) {
      floats = room(floats, kv.keyDim() * BLOCK_KEYS);
      HalfPages.widen(block, offset, floats, kv.keyDim() * BLOCK_KEYS);
    }
  }

  /**
   * The values of a head {@code [32][valueStride]}.
   *
   * @param keys of them that are there
   */
  void values(KvShape kv, MemorySegment from, long layerOffset, int head, int keys) {
    block = from;
    offset = layerOffset + kv.valueOffset(head);
    inArray = kv.type() != KvType.F32 || kv.latent();
    if (!inArray) {
      return;
    }
    int stride = kv.valueStride();
    floats = room(floats, BLOCK_KEYS * stride);
    if (kv.latent()) {
      turn(kv, layerOffset, stride);
    } else {
      HalfPages.widen(block, offset, floats, keys * stride);
    }
  }

  /** Latent keys as values. */
  private void turn(KvShape kv, long layerOffset, int stride) {
    int n = kv.valueDim() * BLOCK_KEYS;
    unturned = room(unturned, n);
    if (kv.type() == KvType.F32) {
      MemorySegment.copy(block, ValueLayout.JAVA_FLOAT, layerOffset, unturned, 0, n);
    } else {
      HalfPages.widen(block, layerOffset, unturned, n);
    }
    for (int d = 0; d < kv.valueDim(); d++) {
      for (int key = 0; key < BLOCK_KEYS; key++) {
        floats[key * stride + d] = unturned[d * BLOCK_KEYS + key];
      }
    }
  }

  private static float[] room(float[] array, int n) {
    return array.length < n ? new float[n] : array;
  }
}
