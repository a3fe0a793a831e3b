package dev.switchboard.model;

import java.util.ArrayList;
import java.util.List;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** Parts of a file that are opened when they are first asked for, and given back together. */
final class OpenSlabs implements AutoCloseable {
  private final List<Slab> opened = new ArrayList<>();

  /** Opens it once, for whichever thread comes first. */
  Supplier<Slab> once(Supplier<Slab> open) {
    return new Supplier<>() {
      private @Nullable Slab slab;

      @Override
      public synchronized Slab get() {
        if (slab == null) {
          slab = open.get();
          add(slab);
        }
        return slab;
      }
    };
  }

  private synchronized void add(Slab slab) {
    opened.add(slab);
  }

  @Override
  public synchronized void close() {
    opened.forEach(Slab::release);
    opened.clear();
  }
}
