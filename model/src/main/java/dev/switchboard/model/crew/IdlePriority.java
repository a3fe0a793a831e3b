package dev.switchboard.model.crew;

import java.lang.foreign.Arena;
import java.lang.foreign.FunctionDescriptor;
import java.lang.foreign.Linker;
import java.lang.foreign.MemorySegment;
import java.lang.foreign.ValueLayout;
import java.lang.invoke.MethodHandle;
import java.util.concurrent.ThreadFactory;

/**
 * Threads that get a processor when nobody else wants it, and give it up at once when somebody does
 * ({@code SCHED_IDLE}), where the system is Linux. Elsewhere they are like others. (Java's own
 * priorities mean nothing there; and one that is merely nice keeps a processor for some
 * milliseconds once it has it.)
 */
public final class IdlePriority {
  private static final int SCHED_IDLE = 5;

  private IdlePriority() {}

  /** Threads of another factory, with that priority. */
  public static ThreadFactory of(ThreadFactory threads) {
    return work ->
        threads.newThread(() -> {
          take();
          work.run();
        });
  }

  /** Whether the system has given it to the calling thread; it keeps it for good. */
  static boolean take() {
    if (!System.getProperty("os.name", "").equals("Linux")) {
      return false;
    }
    Linker linker = Linker.nativeLinker();
    MethodHandle call =
        linker
            .defaultLookup()
            .find("sched_setscheduler")
            .map(found ->
                linker.downcallHandle(
                    found,
                    FunctionDescriptor.of(
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.JAVA_INT,
                        ValueLayout.ADDRESS)))
            .orElse(null);
    if (call == null) {
      return false;
    }
    try (Arena arena = Arena.ofConfined()) {
      MemorySegment zero = arena.allocate(ValueLayout.JAVA_INT);
      return (int) call.invokeExact(0, SCHED_IDLE, zero) == 0;
    } catch (Throwable e) {
      throw new IllegalStateException("sched_setscheduler cannot be called", e);
    }
  }
}
