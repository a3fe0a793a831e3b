package dev.switchboard.cluster.metrics;

import java.lang.management.ManagementFactory;
import java.lang.management.MemoryUsage;
import java.lang.management.RuntimeMXBean;

/** What is told of any process, under the names that Prometheus's own libraries use. */
public final class ProcessMetrics {
  private ProcessMetrics() {}

  public static MetricsPage addTo(MetricsPage page) {
    RuntimeMXBean runtime = ManagementFactory.getRuntimeMXBean();
    page.now(
        "process_start_time_seconds",
        "Start time of the process since unix epoch in seconds.",
        runtime.getStartTime() / 1e3);
    if (ManagementFactory.getOperatingSystemMXBean()
        instanceof com.sun.management.OperatingSystemMXBean machine) {
      page.count(
          "process_cpu_seconds",
          "Total user and system CPU time spent in seconds.",
          machine.getProcessCpuTime() / 1e9);
    }
    MemoryUsage heap = ManagementFactory.getMemoryMXBean().getHeapMemoryUsage();
    return page.now(
            "process_resident_memory_bytes",
            "Resident memory size in bytes, mapped weights included.",
            ResidentMemory.bytes())
        .family("jvm_memory_used_bytes", "Used bytes of a given JVM memory area.")
        .now(heap.getUsed(), "area", "heap")
        .end()
        .family("jvm_memory_max_bytes", "Max (bytes) of a given JVM memory area.")
        .now(heap.getMax(), "area", "heap")
        .end()
        .now(
            "jvm_threads_current",
            "Current thread count of a JVM.",
            ManagementFactory.getThreadMXBean().getThreadCount());
  }
}
