package dev.switchboard.model.crew;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;

/**
 * Binds the calling thread to one processor ({@code sched_setaffinity}), where the system is Linux.
 * Threads of several processes that wait awake look busy to the system, which then has no reason to
 * part two that compute on one processor while the others only wait.
 */
final class Affinity {
  /** Processors that a mask of the system holds by default. */
  private static final int MOST = 1024;

  private Affinity() {}

  /** Whether the system did it; nothing changes where it did not. */
  static boolean bind(int processor) {
    if (processor < 0
        || processor >= MOST
        || !System.getProperty("os.name", "").equals("Linux")
        || ValueLayout.ADDRESS.byteSize() != Long.BYTES) {
      return false;
    }
    Linker linker = Linker.nativeLinker();
    MethodHandle call =
        linker
            .defaultLookup()
            .find("sched_setaffinity")
            .map(found ->
                linker.downcallHandle(
                    found,
                    FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_LONG,
                        ValueLayout.ADDRESS)))
            .orElse(null);
    if (call == null) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment mask = arena.allocate(MOST / Byte.SIZE, Long.BYTES);
      mask.setAtIndex(ValueLayout.JAVA_LONG, processor / Long.SIZE, 1L << processor);
      return (int) call.invokeExact(0, mask.byteSize(), mask) == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("sched_setaffinity cannot be called", e);
    }
  }
}
