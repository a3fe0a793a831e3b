package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.settings.GridSettings;
import java.io.IOException;
import java.net.InetSocketAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.Arrays;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Set;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.stream.Collectors;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Keeps one link up. A node that finds itself without any router drops its member and starts
 * another once a router listens again: processes without data never make a cluster of their own
 * that would have to be merged later, which takes many seconds.
 */
final class Linker implements AutoCloseable {
  private static final Logger log = LoggerFactory.getLogger(Linker.class);
  private static final long FIRST_BACKOFF_MILLIS = 100;
  private static final long MAX_BACKOFF_MILLIS = 5000;
  private static final Duration OPENING = Duration.ofSeconds(20);

  private final Role role;
  private final PeerNames names = PeerNames.system();
  private GridSettings settings;
  // Written by the grid's thread alone; others read.
  private volatile @Nullable Link link;
  private List<String> lastRouters = List.of();
  private long backoffMillis = FIRST_BACKOFF_MILLIS;
  private volatile String address = "";

  Linker(GridSettings settings, Role role) {
    this.settings = settings;
    this.role = role;
  }

  /** The link as it is, up or down. */
  @Nullable Link link() {
    return link;
  }

  /** {@code host:port} of the member; empty without one. */
  String address() {
    return address;
  }

  /** How long to wait before the next attempt. */
  long backoffMillis() {
    return backoffMillis;
  }

  /** Where routers were last seen, to look there too when all are gone. */
  void remember(List<Peer> peers) {
    List<String> routers = peers.stream().filter(Peer::data).map(Peer::address).toList();
    if (!routers.isEmpty()) {
      lastRouters = routers;
    }
  }

  /**
   * The first link of a router; it keeps its port for later ones.
   *
   * @throws GridException if the address cannot be listened on
   */
  Link openRouter() {
    requireFreePort();
    if (settings.namesTellAllRouters()) {
      OwnName.await(settings, names);
    }
    Link opened = open(settings.join());
    adopt(opened);
    settings = settings.withPort(Integer.parseInt(address.substring(address.lastIndexOf(':') + 1)));
    return opened;
  }

  /**
   * Checks at start, where the user sees it, what a node would otherwise find out in the background
   * and a member would tell with a page of log.
   *
   * @throws GridException if the address cannot be listened on
   */
  void requireFreePort() {
    try (ServerSocket socket = new ServerSocket()) {
      socket.setReuseAddress(true);
      socket.bind(new InetSocketAddress(settings.host(), settings.port()));
    } catch (IOException e) {
      throw Link.cannotListen(settings, e);
    }
  }

  /** A link that is up, opened if need be and possible; null if there is nothing to join now. */
  @Nullable Link ensure() {
    Link present = link;
    if (present != null && usable(present)) {
      return present;
    }
    if (present != null) {
      log.info("no router is left in the grid; waiting for one");
      drop(present);
    }
    Set<String> places = new LinkedHashSet<>(settings.join());
    places.addAll(lastRouters);
    if (role == Role.NODE && !JoinProbe.anyAnswers(places, names)) {
      backoffMillis = FIRST_BACKOFF_MILLIS;
      return null;
    }
    Link opened = open(List.copyOf(places));
    if (!usable(opened)) {
      backoffMillis = Math.min(MAX_BACKOFF_MILLIS, backoffMillis * 2);
      log.warn(
          "who listens at {} is no router of cluster \"{}\"; trying again in {} ms",
          places,
          settings.clusterName(),
          backoffMillis);
      drop(opened);
      return null;
    }
    adopt(opened);
    return opened;
  }

  /** A member that does not come up says where it stands: it has a bound of its own for joining. */
  private Link open(List<String> places) {
    CountDownLatch opened = new CountDownLatch(1);
    Thread opening = Thread.currentThread();
    Thread.ofPlatform().name("grid-watch").daemon().start(() -> watch(opening, opened));
    try {
      return Link.open(settings, role, places);
    } finally {
      opened.countDown();
    }
  }

  private static void watch(Thread opening, CountDownLatch opened) {
    try {
      if (!opened.await(OPENING.toSeconds(), TimeUnit.SECONDS)) {
        log.warn(
            "joining the grid takes longer than {} s; it is at\n  {}",
            OPENING.toSeconds(),
            Arrays.stream(opening.getStackTrace())
                .map(StackTraceElement::toString)
                .collect(Collectors.joining("\n  ")));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean usable(Link candidate) {
    return candidate.running()
        && (role == Role.ROUTER || candidate.peers().stream().anyMatch(Peer::data));
  }

  private void adopt(Link opened) {
    link = opened;
    address = opened.address();
    backoffMillis = FIRST_BACKOFF_MILLIS;
  }

  private void drop(Link old) {
    link = null;
    address = "";
    old.close();
  }

  @Override
  public void close() {
    Link present = link;
    if (present != null) {
      drop(present);
    }
  }
}
