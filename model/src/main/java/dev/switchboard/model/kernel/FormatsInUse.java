package dev.switchboard.model.kernel;

import dev.switchboard.model.kernel.PackedMatrix.Format;
import java.util.Set;
import java.util.concurrent.ConcurrentSkipListSet;

/** Kinds of products that this process has packed for: only their kernels are worth warming. */
final class FormatsInUse {
  private static final Set<Use> SEEN = new ConcurrentSkipListSet<>();

  /** A type of weights with its kind of activations. */
  record Use(Format format, boolean floats) implements Comparable<Use> {
    @Override
    public int compareTo(Use other) {
      int byFormat = format.compareTo(other.format);
      return byFormat != 0 ? byFormat : Boolean.compare(floats, other.floats);
    }
  }

  private FormatsInUse() {}

  static void add(Format format, boolean floats) {
    SEEN.add(new Use(format, floats));
  }

  static Set<Use> get() {
    return Set.copyOf(SEEN);
  }
}
