package dev.switchboard.router.cli;

import java.lang.management.ManagementFactory;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Where the time of a start goes; shown at the level DEBUG. */
final class StartupLog {
  private static final Logger LOG = LoggerFactory.getLogger(StartupLog.class);

  private StartupLog() {}

  static void mark(String what) {
    if (LOG.isDebugEnabled()) {
      long wall = System.currentTimeMillis() - ManagementFactory.getRuntimeMXBean().getStartTime();
      LOG.debug("start: {} at {} ms", what, wall);
    }
  }
}
