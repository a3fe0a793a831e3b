package dev.switchboard.model.memory;

import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import org.jspecify.annotations.Nullable;

/**
 * Linux's {@code madvise}. Looked up when first needed: that takes a while, and small models never
 * need it.
 */
final class Madvise {
  static final int HUGE_PAGE = 14;
  static final int COLD = 20;
  static final int POPULATE_READ = 22;

  private static final @Nullable MethodHandle CALL = find();
  private static final long PAGE_BYTES = pageBytes();

  private Madvise() {}

  /** Whether this system has the call, with the numbers above. */
  static boolean given() {
    return CALL != null;
  }

  /**
   * Advises about the whole pages of a segment; what lies on a page with something else is left
   * out.
   *
   * @return whether the system did it; nothing changes where it did not
   */
  static boolean wholePages(MemorySegment segment, int advice) {
    long first = Math.ceilDiv(segment.address(), PAGE_BYTES) * PAGE_BYTES;
    long end = (segment.address() + segment.byteSize()) / PAGE_BYTES * PAGE_BYTES;
    return end > first && call(first, end - first, advice);
  }

  /**
   * @param address of a page's start
   */
  static boolean call(long address, long bytes, int advice) {
    MethodHandle call = CALL;
    if (call == null) {
      return false;
    }
    try {
      return (int) call.invokeExact(address, bytes, advice) == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("madvise cannot be called", e);
    }
  }

  private static @Nullable MethodHandle find() {
    if (!System.getProperty("os.name", "").equals("Linux")
        || ValueLayout.ADDRESS.byteSize() != Long.BYTES) {
      return null;
    }
    return handle(
        "madvise",
        FunctionDescriptor.of(
            ValueLayout.JAVA_INT,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_LONG,
            ValueLayout.JAVA_INT));
  }

  /** A function of the system's C library; null if it is not there. */
  static @Nullable MethodHandle handle(String name, FunctionDescriptor type) {
    Linker linker = Linker.nativeLinker();
    return linker
        .defaultLookup()
        .find(name)
        .map(found -> linker.downcallHandle(found, type))
        .orElse(null);
  }

  private static long pageBytes() {
    MethodHandle call =
        CALL == null ? null : handle("getpagesize", FunctionDescriptor.of(ValueLayout.JAVA_INT));
    try {
      // The largest that is in use, where nobody says.
      return call == null ? 1 << 16 : (int) call.invokeExact();
    } catch (Throwable e) {
      throw new IllegalStateException("getpagesize cannot be called", e);
    }
  }
}
