package dev.switchboard.cluster.hazelcast;

import dev.switchboard.cluster.ServedVersion;
import java.util.ArrayDeque;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Queue;
import java.util.Set;
import java.util.function.Supplier;
import org.jspecify.annotations.Nullable;

/** What a simulated member's rounds call: a grid whose calls may fail, and be slow. */
final class SimulatedJoin implements Joined {
  private final SimulatedGrids grids;
  private final SimulatedMember member;
  private final Queue<String> departed = new ArrayDeque<>();
  private boolean merged;
  private boolean unsaid;

  /** A call did not come back. */
  static final class Unreachable extends RuntimeException {
    private static final long serialVersionUID = 1;

    Unreachable(String message) {
      super(message, null, false, false);
    }
  }

  SimulatedJoin(SimulatedGrids grids, SimulatedMember member) {
    this.grids = grids;
    this.member = member;
  }

  /** A new link to a grid. */
  void begins() {
    departed.clear();
    merged = false;
  }

  void merged() {
    merged = true;
  }

  void departed(String uuid) {
    departed.add(uuid);
  }

  void leftUnsaid() {
    unsaid = true;
  }

  boolean unsaid() {
    return unsaid;
  }

  private GridHalf half() {
    GridHalf half = member.half();
    if (half == null) {
      throw new Unreachable("it is in no grid");
    }
    return half;
  }

  /** A call that may fail before its work is done, or after. */
  private <T> T call(Supplier<T> work) {
    if (grids.fails()) {
      throw new Unreachable("a call came to nothing");
    }
    T done = work.get();
    if (grids.fails()) {
      throw new Unreachable("a call that was made did not come back");
    }
    return done;
  }

  @Override
  public String uuid() {
    return member.uuid();
  }

  @Override
  public List<Peer> peers() {
    return half().joined().stream()
        .map(each -> new Peer(each.uuid(), each.role() == Role.ROUTER, each.uuid()))
        .toList();
  }

  @Override
  public boolean takeMerged() {
    boolean was = merged;
    merged = false;
    return was;
  }

  @Override
  public @Nullable String takeDeparted() {
    return departed.poll();
  }

  @Override
  public Map<String, byte[]> readMembers(List<Peer> peers, ServedVersion version) {
    return call(() -> {
      Map<String, byte[]> all = half().members();
      Map<String, byte[]> read = new HashMap<>();
      for (String key :
          List.of(Keys.placement(version), Keys.experts(version), Keys.nodes(version))) {
        Optional.ofNullable(all.get(key)).ifPresent(value -> read.put(key, value));
      }
      for (Peer peer : peers) {
        for (String key : List.of(Keys.node(peer.uuid()), Keys.router(peer.uuid()))) {
          Optional.ofNullable(all.get(key)).ifPresent(value -> read.put(key, value));
        }
      }
      return read;
    });
  }

  @Override
  public Set<Map.Entry<String, byte[]>> readLoads() {
    return call(() -> Map.copyOf(half().loads()).entrySet());
  }

  @Override
  public boolean swap(String key, byte @Nullable [] expected, byte[] next) {
    grids.waitForSwap();
    return call(() -> {
      if (grids.habit() == SimulatedGrids.Habit.SWAPS_BLINDLY) {
        half().force(key, next);
        return true;
      }
      return half().swap(key, expected, next);
    });
  }

  @Override
  public Optional<byte[]> read(String key) {
    return call(() -> Optional.ofNullable(half().members().get(key)));
  }

  @Override
  public void putMember(String key, byte[] value) {
    call(() -> {
      half().put(half().members(), key, value);
      return key;
    });
  }

  @Override
  public void putLoad(String key, byte[] value) {
    boolean forgotten =
        grids.habit() == SimulatedGrids.Habit.FORGETS_TOTALS && key.startsWith(Keys.left(""));
    call(() -> {
      if (!forgotten) {
        half().put(half().loads(), key, value);
      }
      return key;
    });
  }

  @Override
  public byte @Nullable [] readLoad(String key) {
    return call(() -> Optional.ofNullable(half().loads().get(key))).orElse(null);
  }

  @Override
  public boolean swapLoad(String key, byte @Nullable [] expected, byte[] next) {
    return call(() -> half().swapLoad(key, expected, next));
  }

  @Override
  public void removeLoad(String key, byte[] expected) {
    call(() -> half().removeLoad(key, expected));
  }

  @Override
  public void remove(String key) {
    grids.around().note(member.name() + " removes " + key);
    call(() -> {
      half().remove(key);
      return key;
    });
  }
}
