package dev.switchboard.cluster;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadMXBean;
import java.util.concurrent.atomic.AtomicLong;

/** Processor time that goes into load statistics; any thread may add its own. */
public final class LoadCost {
  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final boolean KNOWN = THREADS.isCurrentThreadCpuTimeSupported();

  private final AtomicLong nanos = new AtomicLong();

  /** To be handed to {@link #end} by the same thread. */
  public long begin() {
    return KNOWN ? THREADS.getCurrentThreadCpuTime() : System.nanoTime();
  }

  /** Adds what the calling thread has computed since. */
  public void end(long begun) {
    add(begin() - begun);
  }

  /** Adds a time that was measured otherwise. */
  public void add(long more) {
    nanos.addAndGet(more);
  }

  /** Nanoseconds so far. */
  public long nanos() {
    return nanos.get();
  }
}
