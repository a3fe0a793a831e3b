package dev.switchboard.model.kernel;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Segments over the arrays that one thread passes to native code: making one per call would cost
 * more than the call. The few arrays of a thread come again and again; the oldest is forgotten.
 */
final class HeapViews {
  private static final int KEPT = 16;

  private final @Nullable Object[] arrays = new @Nullable Object[KEPT];
  private final MemorySegment[] views = new MemorySegment[KEPT];
  private int next;

  MemorySegment of(byte[] array) {
    int at = find(array);
    return at >= 0 ? views[at] : keep(array, MemorySegment.ofArray(array));
  }

  MemorySegment of(int[] array) {
    int at = find(array);
    return at >= 0 ? views[at] : keep(array, MemorySegment.ofArray(array));
  }

  MemorySegment of(float[] array) {
    int at = find(array);
    return at >= 0 ? views[at] : keep(array, MemorySegment.ofArray(array));
  }

  private int find(Object array) {
    for (int i = 0; i < KEPT; i++) {
      if (arrays[i] == array) {
        return i;
      }
    }
    return -1;
  }

  private MemorySegment keep(Object array, MemorySegment view) {
    arrays[next] = array;
    views[next] = view;
    next = (next + 1) % KEPT;
    return view;
  }
}
