package dev.switchboard.cluster.load;

import dev.switchboard.cluster.LoadTotals;
import java.util.ArrayList;
import java.util.Collection;
import java.util.Comparator;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Set;

/**
 * Keeps what processes have counted when they are gone, each once. A process that leaves in good
 * order leaves an entry behind, which the leader adds to the sums; one that is lost without a word
 * may be back (its network was cut), and then says itself what it has counted. So entries of lost
 * ones are kept for a while: as many as {@link #MOST_LOST}.
 *
 * <p>An entry is added to the sums together with its process's name, in one step, and dropped in a
 * later one: whatever of both is seen first, and whoever does it twice, it counts once.
 */
public final class LoadLedger {
  /** Lost processes of which it is kept who they were. */
  static final int MOST_LOST = 16;

  private LoadLedger() {}

  /**
   * An entry as it is seen: of a process that left, or of one that was lost just now.
   *
   * @param sequence of several of one process the highest is the latest
   */
  public record Seen(long sequence, LeftLoad load) {}

  /**
   * What is to be done next.
   *
   * @param add to be added to the sums
   * @param drop entries that are not needed any more: these, and none that were put in their place
   *     meanwhile
   */
  public record Sweep(List<LeftLoad> add, List<Seen> drop) {}

  /**
   * What those have counted that are not there, by model.
   *
   * @param seen entries of processes that left, and of those that were lost; perhaps several of one
   * @param sums of those before them
   * @param live ids of the processes that are there: what they have counted they say themselves
   */
  public static Map<String, LoadTotals> left(
      Collection<Seen> seen, LeftLoads sums, Set<String> live) {
    Map<String, LoadTotals> left = new HashMap<>();
    sums.models().forEach(model -> left.put(model.fingerprint(), model.totals()));
    for (Seen one : latest(seen)) {
      if (!live.contains(one.load().process()) && !sums.settled().contains(one.load().process())) {
        left.merge(one.load().model(), one.load().totals(), LoadTotals::plus);
      }
    }
    return left;
  }

  /**
   * What the leader does with the entries; again and again, since each answer is a step.
   *
   * @param seen entries of processes that left or were lost
   */
  public static Sweep next(Collection<Seen> seen, LeftLoads sums, Set<String> live) {
    List<Seen> drop = new ArrayList<>();
    List<LeftLoad> add = new ArrayList<>();
    List<Seen> lost = new ArrayList<>();
    for (Seen one : latest(seen)) {
      String process = one.load().process();
      if (sums.settled().contains(process)) {
        drop.add(one);
      } else if (live.contains(process)) {
        // On its way out it says both; one that is back says all itself.
        if (!one.load().ended()) {
          drop.add(one);
        }
      } else if (one.load().ended()) {
        add.add(one.load());
      } else {
        lost.add(one);
      }
    }
    lost.sort(Comparator.comparingLong(Seen::sequence));
    lost.stream().limit(Math.max(0, lost.size() - MOST_LOST)).forEach(one -> add.add(one.load()));
    return new Sweep(add, drop);
  }

  /** Which of two entries of one process is kept. */
  public static boolean replaces(Seen next, Seen kept) {
    return !kept.load().ended() && (next.load().ended() || next.sequence() > kept.sequence());
  }

  private static Collection<Seen> latest(Collection<Seen> seen) {
    Map<String, Seen> byProcess = new HashMap<>();
    for (Seen one : seen) {
      byProcess.merge(
          one.load().process(), one, (kept, next) -> replaces(next, kept) ? next : kept);
    }
    return byProcess.values();
  }
}
