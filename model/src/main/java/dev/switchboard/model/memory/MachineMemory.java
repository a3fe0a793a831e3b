package dev.switchboard.model.memory;

import java.lang.management.ManagementFactory;

/**
 * The memory that this process may have in all, and what of it is taken by default.
 *
 * @param bytes of the machine, or of the control group that the process is in, if that has less
 */
public record MachineMemory(long bytes) {
  /** Where nothing is known. */
  private static final long UNKNOWN = 4L << 30;

  private static final int KEY_VALUE_SHARE = 4;

  public MachineMemory {
    if (bytes <= 0) {
      throw new IllegalArgumentException("a machine with " + bytes + " bytes of memory");
    }
  }

  /**
   * As the JVM sees it, which knows the limits of control groups (of its own and of those around
   * it, read at this moment).
   */
  public static MachineMemory here() {
    return of(
        ManagementFactory.getOperatingSystemMXBean()
                instanceof com.sun.management.OperatingSystemMXBean machine
            ? machine.getTotalMemorySize()
            : 0);
  }

  /**
   * @param told by the system; 0 or less where it does not tell
   */
  static MachineMemory of(long told) {
    return new MachineMemory(told > 0 ? told : UNKNOWN);
  }

  /** A quarter, for keys and values; what is not used is not taken. */
  public long keyValueBytes() {
    return bytes / KEY_VALUE_SHARE;
  }
}
