package dev.switchboard.proto.weights;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;

/** How long the calling thread has kept a processor. */
public final class WorkTime {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final boolean KNOWN = known();

  private WorkTime() {}

  private static boolean known() {
    return THREADS.isCurrentThreadCpuTimeSupported() && THREADS.isThreadCpuTimeEnabled();
  }

  /** Since it began; where the system does not say, time goes by instead. */
  public static long nanos() {
    return KNOWN ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
  }
}
