package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.settings.GridSettings;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.locks.LockSupport;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Waits until the name of all routers tells this one too. What is told then is at least as new as
 * this process, so of two that start together the later one sees the earlier; each would otherwise
 * find nobody and start a cluster alone, and merging them takes many seconds.
 */
final class OwnName {
  private static final Logger log = LoggerFactory.getLogger(OwnName.class);
  private static final Duration MOST = Duration.ofSeconds(20);
  private static final Duration PAUSE = Duration.ofMillis(200);

  private OwnName() {}

  static void await(GridSettings settings, PeerNames names) {
    if (!await(settings, names, MOST)) {
      log.warn(
          "{} does not tell {} after {} s; going on without",
          settings.join(),
          settings.host(),
          MOST.toSeconds());
    }
  }

  /** Whether it was told in time. */
  static boolean await(GridSettings settings, PeerNames names, Duration most) {
    List<String> own = names.addressesOf(settings.host());
    long begun = System.nanoTime();
    while (hosts(settings.join(), names).noneMatch(own::contains)) {
      if (System.nanoTime() - begun >= most.toNanos() || Thread.currentThread().isInterrupted()) {
        return false;
      }
      LockSupport.parkNanos(PAUSE.toNanos());
    }
    return true;
  }

  private static Stream<String> hosts(List<String> places, PeerNames names) {
    return places.stream().flatMap(place -> names.addressesOf(PeerNames.host(place)).stream());
  }
}
