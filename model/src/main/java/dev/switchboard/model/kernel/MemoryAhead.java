package dev.switchboard.model.kernel;

import static java.lang.foreign.ValueLayout.JAVA_LONG;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.invoke.MethodHandle;

/**
 * Asks the memory for what is read next, while something else is computed: the processor's
 * prefetching instruction, which Java has no word for. Pages of keys and values lie far from each
 * other, so that the processor does not guess the next one; it then waits for memory and computes
 * by turns. Nothing is read by the program: no bit depends on it. Without native kernels nothing is
 * asked for.
 */
final class MemoryAhead {
  private static final boolean ON = Kernels.areNative();

  private MemoryAhead() {}

  /** Handles are quick as constants only. Touched when the library is there. */
  private static final class Call {
    static final MethodHandle PREFETCH =
        Linker.nativeLinker()
            .downcallHandle(
                NativeLibrary.loaded("switchboard_prefetch"),
                FunctionDescriptor.ofVoid(JAVA_LONG, JAVA_LONG),
                Linker.Option.critical(false));
  }

  /**
   * Takes a tenth of the time that the memory takes; some kilobytes at a time.
   *
   * @param segment in native memory
   */
  static void ask(MemorySegment segment, long offset, long bytes) {
    if (!ON || bytes <= 0) {
      return;
    }
    try {
      Call.PREFETCH.invokeExact(segment.address() + offset, bytes);
    } catch (Throwable e) {
      throw new IllegalStateException("switchboard_prefetch cannot be called", e);
    }
  }
}
