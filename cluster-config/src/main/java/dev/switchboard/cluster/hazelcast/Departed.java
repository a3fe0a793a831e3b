package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.LoadBook;
import dev.switchboard.cluster.NodeLoad;
import dev.switchboard.cluster.RouterLoad;
import dev.switchboard.cluster.ServedVersion;
import dev.switchboard.cluster.load.LeftLoad;
import dev.switchboard.cluster.load.LeftLoads;
import dev.switchboard.cluster.load.LoadLedger;
import dev.switchboard.cluster.load.LoadLedger.Seen;
import java.time.Duration;
import java.util.HashMap;
import java.util.HashSet;
import java.util.LinkedHashSet;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.TimeoutException;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What routers do about the entries of members that are gone: each takes them out and keeps what
 * they had counted, and the leader brings that into the sums. On the grid's thread; whatever fails
 * is done again, and doing it twice changes nothing ({@link LoadLedger}).
 */
final class Departed {
  private static final Logger log = LoggerFactory.getLogger(Departed.class);

  /**
   * Between two steps of the leader: all members have seen the one before by then, so no sum goes
   * back for a moment.
   */
  private static final Duration SWEEP = Duration.ofSeconds(1);

  private final Mirror members;
  private final Mirror loads;
  private long sweepAtNanos;
  private boolean swept;
  private Set<String> orphans = Set.of();

  Departed(Mirror members, Mirror loads) {
    this.members = members;
    this.loads = loads;
  }

  /** Takes out what a member has announced and published. */
  static void takeBack(Joined link, String uuid) throws TimeoutException {
    for (String key : List.of(Keys.node(uuid), Keys.router(uuid), Keys.uses(uuid))) {
      link.remove(key);
    }
  }

  /**
   * Takes out the entries of all members that left since the last call, at a router, and what a
   * version shared of which nobody is left.
   *
   * @param now what is known, the departed still among it
   */
  void follow(Joined link, Snapshots now) throws TimeoutException {
    Set<String> gone = gone(link);
    if (gone.isEmpty()) {
      return;
    }
    Set<ServedVersion> left = now.leftBy(gone);
    for (String uuid : gone) {
      forget(uuid);
      takeOut(link, uuid);
    }
    for (ServedVersion version : left) {
      log.info("the last process of {} has left", version);
      link.remove(Keys.placement(version));
      link.remove(Keys.nodes(version));
    }
  }

  /** The same at a node: it shows them no more, and leaves the grid's maps to the routers. */
  void forgetAll(Joined link) {
    gone(link).forEach(this::forget);
  }

  /**
   * Members that left since the last call and are not there: who left a half of a split grid may be
   * a member again by the time that this is asked, and what it says is its own.
   */
  private static Set<String> gone(Joined link) {
    Set<String> gone = new LinkedHashSet<>();
    for (String uuid = link.takeDeparted(); uuid != null; uuid = link.takeDeparted()) {
      gone.add(uuid);
    }
    link.peers().forEach(peer -> gone.remove(peer.uuid()));
    return gone;
  }

  private void forget(String uuid) {
    members.remove(Keys.node(uuid));
    members.remove(Keys.router(uuid));
  }

  private void takeOut(Joined link, String uuid) throws TimeoutException {
    for (String key : List.of(Keys.node(uuid), Keys.router(uuid))) {
      byte[] bytes = link.readLoad(key);
      if (bytes != null) {
        Optional<Seen> lost = lost(bytes);
        if (lost.isPresent()) {
          keep(link, lost.get());
        }
      }
    }
    takeBack(link, uuid);
  }

  private static Optional<Seen> lost(byte[] bytes) {
    try {
      GridCodec.Entry entry = GridCodec.decode(bytes);
      return load(entry.body()).map(load -> new Seen(entry.sequence(), load));
    } catch (IllegalArgumentException otherVersion) {
      return Optional.empty();
    }
  }

  /** What a process has counted, by an entry of its own or by what it left. */
  static Optional<LeftLoad> load(Object body) {
    return switch (body) {
      case RouterLoad load ->
          Optional.of(new LeftLoad(load.routerId(), load.model(), false, load.totals()));
      case NodeLoad load ->
          Optional.of(new LeftLoad(load.nodeId(), load.model(), false, load.totals()));
      case LeftLoad load -> Optional.of(load);
      default -> Optional.empty();
    };
  }

  /**
   * Keeps what a lost process had counted, unless it has said so itself, or somebody knows more.
   */
  private static void keep(Joined link, Seen lost) throws TimeoutException {
    String key = Keys.left(lost.load().process());
    byte[] next = GridCodec.encode(lost.sequence(), lost.load());
    boolean done = link.swapLoad(key, null, next);
    while (!done) {
      byte[] kept = link.readLoad(key);
      Optional<Seen> before = kept == null ? Optional.empty() : lost(kept);
      done =
          before.filter(one -> !LoadLedger.replaces(lost, one)).isPresent()
              || link.swapLoad(key, kept, next);
    }
  }

  /**
   * A step of the leader, from time to time.
   *
   * @param book whose processes are there
   */
  void sweep(Joined link, List<Peer> peers, Supplier<LoadBook> book, long nowNanos)
      throws TimeoutException {
    if (swept && nowNanos - sweepAtNanos < SWEEP.toNanos()) {
      return;
    }
    swept = true;
    sweepAtNanos = nowNanos;
    takeOutOrphans(link, peers);
    LeftLoads sums = loads.get(Keys.LEFT_SUMS, LeftLoads.class).orElse(LeftLoads.NONE);
    Map<Seen, byte[]> seen = new HashMap<>();
    loads
        .all(LeftLoad.class)
        .forEach(entry -> seen.put(new Seen(entry.sequence(), entry.body()), entry.bytes()));
    LoadLedger.Sweep next = LoadLedger.next(seen.keySet(), sums, book.get().processes());
    for (Seen one : next.drop()) {
      link.removeLoad(Keys.left(one.load().process()), Objects.requireNonNull(seen.get(one)));
    }
    if (!next.add().isEmpty()) {
      LeftLoads more = sums.plus(next.add());
      byte[] bytes = GridCodec.encode(more.version(), more);
      if (link.swapLoad(Keys.LEFT_SUMS, loads.bytes(Keys.LEFT_SUMS), bytes)) {
        loads.put(Keys.LEFT_SUMS, bytes);
      } else {
        readAgain(link, Keys.LEFT_SUMS);
      }
    }
  }

  private void readAgain(Joined link, String key) throws TimeoutException {
    loads.remove(key);
    byte[] bytes = link.readLoad(key);
    if (bytes != null) {
      loads.put(key, bytes);
    }
  }

  /**
   * Entries of members that nobody has seen leaving: all who were there went with them. One that
   * has just come may be seen by its entry first, so they are looked at twice.
   */
  private void takeOutOrphans(Joined link, List<Peer> peers) throws TimeoutException {
    Set<String> now = new HashSet<>();
    loads.keys().forEach(key -> Keys.member(key).ifPresent(now::add));
    peers.forEach(peer -> now.remove(peer.uuid()));
    Set<String> again = new HashSet<>(now);
    again.retainAll(orphans);
    orphans = now;
    for (String uuid : again) {
      takeOut(link, uuid);
    }
  }
}
