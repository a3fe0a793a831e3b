package dev.switchboard.model.kernel;

import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;

/**
 * F16 to F32, exact for every value. The compiler makes of the plain loop what the Vector API has
 * no word for: the processor's own conversion. Two instructions a cache line mean that the next
 * page is being fetched while this one is converted.
 */
final class HalfPages {
  private HalfPages() {}

  static void widen(MemorySegment halves, long offset, float[] out, int n) {
    for (int i = 0; i < n; i++) {
      out[i] = Float.float16ToFloat(halves.get(ValueLayout.JAVA_SHORT, offset + 2L * i));
    }
  }
}
