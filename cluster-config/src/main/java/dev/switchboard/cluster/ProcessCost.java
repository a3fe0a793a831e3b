package dev.switchboard.cluster;

/**
 * Processor time of a process since it started, in nanoseconds.
 *
 * @param cpuNanos of all its threads
 * @param statisticsNanos of it, counting, publishing and adding up loads
 * @param gridNanos of it, the grid's threads: membership, placement, sessions, and the transport of
 *     loads
 */
public record ProcessCost(long cpuNanos, long statisticsNanos, long gridNanos) {
  /** Not known. */
  public static final ProcessCost NONE = new ProcessCost(0, 0, 0);
}
