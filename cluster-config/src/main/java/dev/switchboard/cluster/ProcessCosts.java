package dev.switchboard.cluster;

import java.lang.management.ManagementFactory;
import java.lang.management.ThreadInfo;
import java.lang.management.ThreadMXBean;
import java.time.Duration;
import java.util.List;

/** What this process takes, as often as somebody asks. */
public final class ProcessCosts {
  /** Beginnings of the names of the grid's threads: Hazelcast's and our own. */
  private static final List<String> GRID_THREADS = List.of("hz.", "switchboard-grid");

  private static final ThreadMXBean THREADS = ManagementFactory.getThreadMXBean();
  private static final Duration LOOK_EVERY = Duration.ofSeconds(1);

  private final List<LoadCost> statistics;
  private long gridThen;
  private long lookedAtNanos;
  private boolean looked;

  /**
   * @param statistics where the time of load statistics is added up
   */
  public ProcessCosts(LoadCost... statistics) {
    this.statistics = List.of(statistics);
  }

  /** Since the process started; of the grid's threads as of a second ago or less: they are many. */
  public synchronized ProcessCost now() {
    long now = System.nanoTime();
    if (!looked || now - lookedAtNanos >= LOOK_EVERY.toNanos()) {
      looked = true;
      lookedAtNanos = now;
      gridThen = gridNanos();
    }
    return new ProcessCost(cpuNanos(), statisticsNanos(), gridThen);
  }

  /** The part of load statistics alone. */
  public long statisticsNanos() {
    return statistics.stream().mapToLong(LoadCost::nanos).sum();
  }

  /** The part of the grid's threads that live. */
  public static long gridNanos() {
    if (!THREADS.isThreadCpuTimeSupported()) {
      return 0;
    }
    long sum = 0;
    for (ThreadInfo thread : THREADS.getThreadInfo(THREADS.getAllThreadIds())) {
      if (thread != null && GRID_THREADS.stream().anyMatch(thread.getThreadName()::startsWith)) {
        sum += Math.max(0, THREADS.getThreadCpuTime(thread.getThreadId()));
      }
    }
    return sum;
  }

  private static long cpuNanos() {
    return ManagementFactory.getOperatingSystemMXBean()
            instanceof com.sun.management.OperatingSystemMXBean machine
        ? Math.max(0, machine.getProcessCpuTime())
        : 0;
  }
}
