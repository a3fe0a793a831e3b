package dev.switchboard.cluster;

/**
 * What an expert node's weights take, in bytes, and which of its experts are awake.
 *
 * @param resident memory of the process that is in RAM, mapped files included
 * @param packed its experts as they are computed with
 * @param read weights that it has read since it started, from files or from other processes
 * @param toRead weights that the experts it has been given take to read, since it started: while it
 *     loads, {@code read} of {@code toRead} is there
 * @param awake experts of single layers whose weights are in memory
 * @param asleep experts of single layers that have given the pages of their weights back
 * @param asleepBytes that those have given back
 * @param wakes times in which such were woken, since it started
 */
public record NodeMemory(
    long resident,
    long packed,
    long read,
    long toRead,
    long awake,
    long asleep,
    long asleepBytes,
    long wakes) {
  /** Nothing. */
  public static final NodeMemory NONE = new NodeMemory(0, 0, 0, 0, 0, 0, 0, 0);
}
