package dev.switchboard.cluster;

import java.time.Instant;
import java.time.temporal.ChronoUnit;
import java.util.ArrayList;
import java.util.Comparator;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * What has been said about nodes, and what was decided about the placement so far. One value for
 * all processes, changed by compare-and-set.
 *
 * @param epoch grows with every change
 * @param marks of nodes that are not to be used like others, by their ids
 * @param wishes how often somebody has asked for the load to be evened
 * @param history what was decided, oldest first; the last {@link #MOST_DECISIONS}
 */
public record NodeBook(long epoch, Map<String, Mark> marks, long wishes, List<Decision> history) {
  /** Decisions that are kept. */
  public static final int MOST_DECISIONS = 64;

  /** Changes that are kept of all of them; older decisions keep their numbers alone. */
  static final int MOST_CHANGES = 2048;

  /** Nothing has been said. */
  public static final NodeBook EMPTY = new NodeBook(0, Map.of(), 0, List.of());

  /** How a node is not like others. */
  public enum Use {
    /** It keeps what it holds and gets nothing more. */
    CORDONED,
    /** What it holds is to be elsewhere. */
    DRAINED
  }

  /**
   * A node that somebody has marked.
   *
   * @param who a name; may be empty
   * @param why for people; may be empty
   */
  public record Mark(Use use, String who, Instant when, String why) {
    public Mark {
      // As it is written.
      when = when.truncatedTo(ChronoUnit.MILLIS);
    }
  }

  public NodeBook {
    marks = Map.copyOf(marks);
    history = List.copyOf(history);
  }

  /** How a node is to be used, if not like others. */
  public Optional<Use> use(String node) {
    return Optional.ofNullable(marks.get(node)).map(Mark::use);
  }

  /** The same with a node marked; marks of nodes that are not there any more go. */
  public NodeBook marking(String node, Mark mark, Set<String> live) {
    Map<String, Mark> next = new TreeMap<>(marks);
    next.keySet().retainAll(live);
    next.put(node, mark);
    return new NodeBook(epoch + 1, next, wishes, history);
  }

  /** The same with a node like any other; this one if it is. */
  public NodeBook unmarking(String node) {
    if (!marks.containsKey(node)) {
      return this;
    }
    Map<String, Mark> next = new TreeMap<>(marks);
    next.remove(node);
    return new NodeBook(epoch + 1, next, wishes, history);
  }

  /** The same with one wish more. */
  public NodeBook wishing() {
    return new NodeBook(epoch + 1, marks, wishes + 1, history);
  }

  /** Whether a decision is kept here. */
  public boolean knows(Decision decision) {
    return history.stream()
        .anyMatch(
            known -> known.epoch() == decision.epoch() && known.when().equals(decision.when()));
  }

  /** The same with one decision more; this one if it is known. */
  public NodeBook recording(Decision decision) {
    if (knows(decision)) {
      return this;
    }
    List<Decision> next = new ArrayList<>(history);
    next.add(decision);
    List<Decision> last = next.subList(Math.max(0, next.size() - MOST_DECISIONS), next.size());
    return new NodeBook(epoch + 1, marks, wishes, bounded(last));
  }

  /**
   * What is said where two halves of a cluster that was split had one each: decisions and marks of
   * both. Of a node that both have marked this one's mark holds.
   */
  public NodeBook merged(NodeBook other) {
    Map<String, Mark> all = new TreeMap<>(other.marks);
    all.putAll(marks);
    List<Decision> both = new ArrayList<>(history);
    other.history.stream().filter(decision -> !knows(decision)).forEach(both::add);
    both.sort(Comparator.comparing(Decision::when));
    List<Decision> last = both.subList(Math.max(0, both.size() - MOST_DECISIONS), both.size());
    return new NodeBook(
        Math.max(epoch, other.epoch) + 1, all, Math.max(wishes, other.wishes), bounded(last));
  }

  private static List<Decision> bounded(List<Decision> decisions) {
    List<Decision> kept = new ArrayList<>();
    int changes = 0;
    for (Decision decision : decisions.reversed()) {
      changes += decision.changes().size();
      kept.addFirst(changes <= MOST_CHANGES ? decision : decision.withoutChanges());
    }
    return kept;
  }
}
