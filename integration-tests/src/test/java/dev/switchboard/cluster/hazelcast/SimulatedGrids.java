package dev.switchboard.cluster.hazelcast;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Optional;

/**
 * The grids of a simulated deployment: one as a rule, and as many as there are sides when the
 * network between them is cut. They have what production relies on of Hazelcast: members by age,
 * one copy of the data a cluster, atomic replacement, events in order for each key, a merge in
 * which the larger sequence stays and whoever merges is another member afterwards.
 */
public final class SimulatedGrids {
  private static final long MILLI = 1_000_000;

  /** How a grid behaves; all but the first are bugs that are planted. */
  public enum Habit {
    SOUND,
    /** A value is replaced whatever was read. */
    SWAPS_BLINDLY,
    /** What a router leaves behind is not kept. */
    FORGETS_TOTALS
  }

  /** The world that the grids are in. */
  public interface Around {
    void after(long nanos, Runnable body);

    /** A number between two, both included. */
    long between(long least, long most);

    /** Lets time pass for everybody else. */
    void waitInside(long nanos);

    void note(String what);

    void violated(String what);
  }

  private final Around around;
  private final Habit habit;
  private final List<GridHalf> halves = new ArrayList<>();
  private int members;
  private int failingPercent;
  private long slowestSwapNanos;
  private boolean dataLost;

  public SimulatedGrids(Around around, Habit habit) {
    this.around = around;
    this.habit = habit;
  }

  Around around() {
    return around;
  }

  Habit habit() {
    return habit;
  }

  String nextUuid() {
    return "m" + members++;
  }

  /** So many of 100 calls fail, before or after they have done their work. */
  public void failing(int percent) {
    failingPercent = percent;
  }

  /** A compare-and-set may take so long. */
  public void slowSwaps(long mostNanos) {
    slowestSwapNanos = mostNanos;
  }

  boolean fails() {
    return failingPercent > 0 && around.between(0, 99) < failingPercent;
  }

  void waitForSwap() {
    if (slowestSwapNanos > 0) {
      around.waitInside(around.between(0, slowestSwapNanos));
    }
  }

  /** Whether a cluster's data went with its last router, so that it began anew. */
  public boolean dataLost() {
    return dataLost;
  }

  /** How many clusters there are. */
  public int count() {
    return halves.size();
  }

  /** The cluster that a newcomer of a side finds; a router that finds none begins one. */
  Optional<GridHalf> find(SimulatedMember member) {
    Optional<GridHalf> there =
        halves.stream()
            .filter(half -> half.joined().stream().anyMatch(member::reaches))
            .findFirst();
    if (there.isEmpty() && member.role() == Role.ROUTER) {
      GridHalf begun = new GridHalf(this);
      halves.add(begun);
      around.note(member.name() + " begins a grid of its own");
      return Optional.of(begun);
    }
    return there;
  }

  /** Members of the second side see the others no more, and the other way round. */
  public void split() {
    for (GridHalf half : List.copyOf(halves)) {
      List<SimulatedMember> moving =
          half.joined().stream().filter(member -> member.side() > 0).toList();
      if (moving.isEmpty() || moving.size() == half.joined().size()) {
        continue;
      }
      GridHalf other = half.copy();
      List<SimulatedMember> staying =
          half.joined().stream().filter(member -> !moving.contains(member)).toList();
      moving.forEach(half::depart);
      for (SimulatedMember member : moving) {
        member.goesWith(other);
        other.enter(member);
        staying.forEach(gone -> member.sawLeave(gone.uuid()));
      }
      halves.add(other);
    }
    tidy();
  }

  /** A member that does not answer is put out; it stands alone when it comes back. */
  public void putOut(SimulatedMember member) {
    GridHalf half = member.half();
    if (half == null || half.joined().size() < 2) {
      return;
    }
    GridHalf alone = half.copy();
    List<SimulatedMember> others = half.joined().stream().filter(other -> other != member).toList();
    half.depart(member);
    if (member.role() == Role.ROUTER) {
      member.goesWith(alone);
      alone.enter(member);
      others.forEach(gone -> member.sawLeave(gone.uuid()));
      halves.add(alone);
    } else {
      member.goesWith(null);
    }
    tidy();
  }

  /** A process has ended without a word; the others notice. */
  public void died(SimulatedMember member) {
    around.after(
        around.between(50 * MILLI, 500 * MILLI),
        () -> {
          GridHalf half = member.half();
          if (half != null) {
            half.depart(member);
            tidy();
          }
        });
  }

  /** Whoever can see each other again becomes one cluster: the larger one takes the others in. */
  public void merge() {
    tidy();
    if (halves.size() < 2) {
      return;
    }
    GridHalf largest =
        halves.stream()
            .max(Comparator.comparingInt((GridHalf half) -> half.joined().size()))
            .orElseThrow();
    for (GridHalf half : List.copyOf(halves)) {
      if (half != largest) {
        halves.remove(half);
        largest.merge(half);
      }
    }
    around.note("the grids have merged");
  }

  /** Clusters without data are none; their nodes look for another. */
  void tidy() {
    for (GridHalf half : List.copyOf(halves)) {
      if (!half.hasData()) {
        dataLost |= half.hadData();
        halves.remove(half);
        half.joined().forEach(node -> node.goesWith(null));
        around.note("a grid without routers is gone");
      }
    }
  }
}
