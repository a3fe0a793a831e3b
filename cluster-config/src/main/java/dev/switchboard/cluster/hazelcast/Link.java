package dev.switchboard.cluster.hazelcast;

import com.hazelcast.cluster.MembershipEvent;
import com.hazelcast.cluster.MembershipListener;
import com.hazelcast.core.EntryEvent;
import com.hazelcast.core.Hazelcast;
import com.hazelcast.core.HazelcastException;
import com.hazelcast.core.HazelcastInstance;
import com.hazelcast.core.LifecycleEvent;
import com.hazelcast.map.IMap;
import com.hazelcast.map.listener.EntryAddedListener;
import com.hazelcast.map.listener.EntryMergedListener;
import com.hazelcast.map.listener.EntryRemovedListener;
import com.hazelcast.map.listener.EntryUpdatedListener;
import dev.switchboard.cluster.LoadCost;
import dev.switchboard.cluster.ServedVersion;
import dev.switchboard.cluster.settings.GridSettings;
import java.net.BindException;
import java.time.Duration;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.ExecutionException;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.TimeoutException;
import java.util.concurrent.atomic.AtomicInteger;
import org.jspecify.annotations.Nullable;

/**
 * One running member and its maps; made anew after every loss. What the member reports goes into
 * the mirrors.
 */
final class Link implements AutoCloseable, Joined {
  private static final AtomicInteger INSTANCES = new AtomicInteger();
  private static final long CALL_SECONDS = 2;
  private static final Duration LEAVE = Duration.ofSeconds(4);
  private static final Duration END = Duration.ofMillis(300);

  private final HazelcastInstance instance;
  private final IMap<String, byte[]> members;
  private final IMap<String, byte[]> loads;
  private final IMap<String, byte[]> states;
  private final Queue<String> departed = new ConcurrentLinkedQueue<>();
  private volatile boolean merged;

  private Link(HazelcastInstance instance) {
    this.instance = instance;
    this.members = instance.getMap(MemberConfig.MEMBERS_MAP);
    this.loads = instance.getMap(MemberConfig.LOADS_MAP);
    this.states = instance.getMap(MemberConfig.STATES_MAP);
  }

  /**
   * Starts a member. Blocks until it has joined, or found nobody and stands alone.
   *
   * @throws GridException if it cannot listen
   */
  static Link open(GridSettings settings, Role role, List<String> join) {
    String name = "switchboard-" + INSTANCES.incrementAndGet();
    try {
      return new Link(Hazelcast.newHazelcastInstance(MemberConfig.of(name, settings, role, join)));
    } catch (HazelcastException | IllegalStateException e) {
      throw cannotListen(settings, e);
    }
  }

  /** What to tell the user when a member does not start. */
  static GridException cannotListen(GridSettings settings, Throwable error) {
    String address = settings.host() + ":" + settings.port();
    Throwable root = error;
    while (root.getCause() != null && !(root instanceof BindException)) {
      root = root.getCause();
    }
    return new GridException(
        "the grid cannot listen on %s (grid.host, grid.port): %s"
            .formatted(address, root.getMessage()),
        error);
  }

  /**
   * Fills the mirrors from now on and calls back after every change; the loads only where somebody
   * reads them.
   *
   * @param cost where the time of reading loads is added
   */
  void listen(Mirror memberMirror, @Nullable Mirror loadMirror, LoadCost cost, Runnable changed) {
    members.addEntryListener(new Feed(memberMirror, Optional.empty(), changed), true);
    if (loadMirror != null) {
      loads.addEntryListener(new Feed(loadMirror, Optional.of(cost), () -> {}), true);
    }
    instance.getCluster().addMembershipListener(new Departures(changed));
    instance
        .getLifecycleService()
        .addLifecycleListener(event -> {
          merged |= event.getState() == LifecycleEvent.LifecycleState.MERGED;
          changed.run();
        });
  }

  boolean running() {
    return instance.getLifecycleService().isRunning();
  }

  @Override
  public boolean takeMerged() {
    boolean was = merged;
    merged = false;
    return was;
  }

  @Override
  public String uuid() {
    return instance.getCluster().getLocalMember().getUuid().toString();
  }

  String address() {
    return address(instance.getCluster().getLocalMember());
  }

  private static String address(com.hazelcast.cluster.Member member) {
    return member.getAddress().getHost() + ":" + member.getAddress().getPort();
  }

  @Override
  public List<Peer> peers() {
    return instance.getCluster().getMembers().stream()
        .map(member ->
            new Peer(member.getUuid().toString(), !member.isLiteMember(), address(member)))
        .toList();
  }

  @Override
  public @Nullable String takeDeparted() {
    return departed.poll();
  }

  @Override
  public Map<String, byte[]> readMembers(List<Peer> peers, ServedVersion version) {
    Set<String> keys =
        new HashSet<>(Set.of(Keys.placement(version), Keys.experts(version), Keys.nodes(version)));
    peers.forEach(peer -> keys.addAll(List.of(Keys.node(peer.uuid()), Keys.router(peer.uuid()))));
    return members.getAll(keys);
  }

  @Override
  public Set<Map.Entry<String, byte[]>> readLoads() {
    return loads.entrySet();
  }

  @Override
  public boolean swap(String key, byte @Nullable [] expected, byte[] next) {
    return swap(members, key, expected, next);
  }

  private static boolean swap(
      IMap<String, byte[]> map, String key, byte @Nullable [] expected, byte[] next) {
    return expected == null ? map.putIfAbsent(key, next) == null : map.replace(key, expected, next);
  }

  @Override
  public Optional<byte[]> read(String key) {
    return Optional.ofNullable(members.get(key));
  }

  @Override
  public void putMember(String key, byte[] value) throws TimeoutException {
    await(members.setAsync(key, value));
  }

  @Override
  public void putLoad(String key, byte[] value) throws TimeoutException {
    await(loads.setAsync(key, value));
  }

  @Override
  public byte @Nullable [] readLoad(String key) throws TimeoutException {
    return await(loads.getAsync(key));
  }

  @Override
  public boolean swapLoad(String key, byte @Nullable [] expected, byte[] next) {
    return swap(loads, key, expected, next);
  }

  @Override
  public void removeLoad(String key, byte[] expected) {
    loads.remove(key, expected);
  }

  @Override
  public void remove(String key) throws TimeoutException {
    await(members.removeAsync(key));
    await(loads.removeAsync(key));
  }

  /** The map of sealed values; for any thread. */
  IMap<String, byte[]> states() {
    return states;
  }

  private static <T> T await(CompletionStage<T> call) throws TimeoutException {
    try {
      return call.toCompletableFuture().get(CALL_SECONDS, TimeUnit.SECONDS);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      throw new TimeoutException("interrupted");
    } catch (ExecutionException e) {
      throw new HazelcastException(e.getCause());
    }
  }

  /**
   * Leaves: in good order where others take the data over, at once where nobody is left. A member
   * that has just lost another takes three seconds to end all its tasks; nobody needs to wait for
   * that.
   */
  @Override
  public void close() {
    if (!running()) {
      return;
    }
    boolean others = peers().stream().anyMatch(peer -> peer.data() && !peer.uuid().equals(uuid()));
    Runnable end = others ? instance::shutdown : instance.getLifecycleService()::terminate;
    Thread ending = Thread.ofPlatform().name("switchboard-grid-end").daemon().start(end);
    try {
      ending.join(others ? LEAVE : END);
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  /** Events of a map into its mirror. */
  private record Feed(Mirror mirror, Optional<LoadCost> cost, Runnable changed)
      implements EntryAddedListener<String, byte[]>,
          EntryUpdatedListener<String, byte[]>,
          EntryRemovedListener<String, byte[]>,
          EntryMergedListener<String, byte[]> {
    @Override
    public void entryAdded(EntryEvent<String, byte[]> event) {
      put(event);
    }

    @Override
    public void entryUpdated(EntryEvent<String, byte[]> event) {
      put(event);
    }

    @Override
    public void entryMerged(EntryEvent<String, byte[]> event) {
      put(event);
    }

    @Override
    public void entryRemoved(EntryEvent<String, byte[]> event) {
      mirror.remove(event.getKey());
      changed.run();
    }

    private void put(EntryEvent<String, byte[]> event) {
      long begun = cost.map(LoadCost::begin).orElse(0L);
      mirror.put(event.getKey(), event.getValue());
      cost.ifPresent(known -> known.end(begun));
      changed.run();
    }
  }

  /** Remembers who left, so that its entries can be removed. */
  private final class Departures implements MembershipListener {
    private final Runnable changed;

    Departures(Runnable changed) {
      this.changed = changed;
    }

    @Override
    public void memberAdded(MembershipEvent event) {
      changed.run();
    }

    @Override
    public void memberRemoved(MembershipEvent event) {
      departed.add(event.getMember().getUuid().toString());
      changed.run();
    }
  }
}
