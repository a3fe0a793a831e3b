package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.util.EnumSet;
import java.util.Set;
import java.util.concurrent.atomic.AtomicInteger;

/** Types of weights that this process has packed: only their kernels are worth warming. */
final class FormatsInUse {
  private static final AtomicInteger SEEN = new AtomicInteger();

  private FormatsInUse() {}

  static void add(Format format) {
    SEEN.accumulateAndGet(1 << format.ordinal(), (a, b) -> a | b);
  }

  static Set<Format> get() {
    Set<Format> formats = EnumSet.noneOf(Format.class);
    for (Format format : Format.values()) {
      if ((SEEN.get() & 1 << format.ordinal()) != 0) {
        formats.add(format);
      }
    }
    return formats;
  }
}
