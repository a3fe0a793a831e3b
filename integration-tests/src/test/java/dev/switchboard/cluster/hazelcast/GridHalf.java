package dev.switchboard.cluster.hazelcast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.NavigableMap;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/** A cluster of members that see each other: its data, and who is in it, oldest first. */
final class GridHalf {
  /** There is one version here, so there is one placement. */
  private static final String PLACEMENTS = "placement:";

  private final SimulatedGrids grids;
  private final Map<String, byte[]> members = new TreeMap<>();
  private final Map<String, byte[]> loads = new TreeMap<>();
  private final List<SimulatedMember> joined = new ArrayList<>();

  private boolean hadData;

  /** Every placement that was in force here, by epoch. */
  private final NavigableMap<Long, byte[]> placements = new TreeMap<>();

  GridHalf(SimulatedGrids grids) {
    this.grids = grids;
  }

  /** The same data, and nobody in it. */
  GridHalf copy() {
    GridHalf copy = new GridHalf(grids);
    copy.members.putAll(members);
    copy.loads.putAll(loads);
    copy.placements.putAll(placements);
    return copy;
  }

  List<SimulatedMember> joined() {
    return List.copyOf(joined);
  }

  /** Whether somebody keeps the data. */
  boolean hasData() {
    return joined.stream().anyMatch(member -> member.role() == Role.ROUTER);
  }

  /** Whether there was ever somebody to keep the data. */
  boolean hadData() {
    return hadData;
  }

  Map<String, byte[]> members() {
    return members;
  }

  Map<String, byte[]> loads() {
    return loads;
  }

  void enter(SimulatedMember member) {
    grids.around().note(member.name() + " is " + member.uuid());
    joined.add(member);
    hadData |= member.role() == Role.ROUTER;
    joined.forEach(SimulatedMember::wake);
  }

  /** Others are told. */
  void depart(SimulatedMember member) {
    String uuid = member.uuid();
    if (joined.remove(member)) {
      joined.forEach(other -> other.sawLeave(uuid));
    }
  }

  void put(Map<String, byte[]> map, String key, byte[] value) {
    map.put(key, value);
    tell(map, key, value);
  }

  void remove(String key) {
    for (Map<String, byte[]> map : List.of(members, loads)) {
      if (map.remove(key) != null) {
        tell(map, key, null);
      }
    }
  }

  /** Compare and set of a value of the members' map. */
  boolean swap(String key, byte @Nullable [] expected, byte[] next) {
    if (!Arrays.equals(members.get(key), expected)) {
      return false;
    }
    force(key, next);
    return true;
  }

  /** The same of the loads. */
  boolean swapLoad(String key, byte @Nullable [] expected, byte[] next) {
    if (!Arrays.equals(loads.get(key), expected)) {
      return false;
    }
    put(loads, key, next);
    return true;
  }

  /** Removes a load, if it is this. */
  boolean removeLoad(String key, byte[] expected) {
    boolean same = Arrays.equals(loads.get(key), expected);
    if (same) {
      loads.remove(key);
      tell(loads, key, null);
    }
    return same;
  }

  /** Sets it whatever is there. */
  void force(String key, byte[] next) {
    if (key.startsWith(PLACEMENTS)) {
      placed(next);
    }
    put(members, key, next);
  }

  private void placed(byte[] placement) {
    long epoch = GridCodec.sequence(placement);
    byte[] same = placements.get(epoch);
    if (same != null && !Arrays.equals(same, placement)) {
      grids.around().violated("two placements of epoch " + epoch);
    } else if (!placements.isEmpty() && epoch <= placements.lastKey()) {
      grids
          .around()
          .violated("epoch %d was put in force after %d".formatted(epoch, placements.lastKey()));
    }
    placements.put(epoch, placement);
    grids
        .around()
        .note(
            "placement of epoch %d in force with %s"
                .formatted(epoch, joined.stream().map(SimulatedMember::name).toList()));
  }

  /**
   * Takes over what another half has, as Hazelcast's merge with our policy does, and its members.
   */
  void merge(GridHalf smaller) {
    smaller.members.forEach((key, value) -> merge(members, key, value));
    smaller.loads.forEach((key, value) -> merge(loads, key, value));
    for (SimulatedMember member : smaller.joined()) {
      smaller.joined.remove(member);
      member.mergesInto(this);
    }
    byte[] placement =
        members.entrySet().stream()
            .filter(entry -> entry.getKey().startsWith(PLACEMENTS))
            .map(Map.Entry::getValue)
            .findFirst()
            .orElse(null);
    if (placement != null) {
      placements.put(GridCodec.sequence(placement), placement);
    }
    long newest = placement == null ? 0 : GridCodec.sequence(placement);
    for (GridHalf half : List.of(this, smaller)) {
      if (!half.placements.isEmpty() && half.placements.lastKey() > newest) {
        grids.around().violated("a merge went back to epoch " + newest);
      }
    }
  }

  private void merge(Map<String, byte[]> map, String key, byte[] theirs) {
    byte[] mine = map.get(key);
    byte[] kept = LargerSequence.larger(theirs, mine);
    if (kept != null && !Arrays.equals(kept, mine)) {
      put(map, key, kept);
    }
  }

  private void tell(Map<String, byte[]> map, String key, byte @Nullable [] value) {
    for (SimulatedMember member : joined) {
      member.hears(this, map == members, key, value);
    }
  }
}
