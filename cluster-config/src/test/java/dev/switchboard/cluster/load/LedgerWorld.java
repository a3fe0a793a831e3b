package dev.switchboard.cluster.load;

import dev.switchboard.cluster.ExpertCounts;
import dev.switchboard.cluster.LoadTotals;
import dev.switchboard.cluster.NodeWork;
import dev.switchboard.cluster.load.LoadLedger.Seen;
import java.util.ArrayList;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.TreeMap;

/**
 * A grid in which everything can be interrupted: processes that count, publish, leave, die, are cut
 * off and come back; routers that take out entries half; leaders that decide by what they saw
 * before.
 */
final class LedgerWorld {
  private final Map<String, Seen> entries = new TreeMap<>();
  private final Map<String, Seen> left = new TreeMap<>();
  private final Set<String> members = new HashSet<>();
  private final List<Process> processes = new ArrayList<>();
  private LeftLoads sums = LeftLoads.NONE;
  private Optional<Leader> leader = Optional.empty();
  private long sequence;

  private record Leader(Map<String, Seen> left, LeftLoads sums, Set<String> live) {}

  /** What a process is up to. */
  enum Life {
    LIVES,
    LEAVES,
    CUT_OFF,
    GONE
  }

  /** A process and the truth about it. */
  final class Process {
    final String id;
    final String model;
    int links;
    Life life = Life.LIVES;
    long counted;
    long expected;

    Process(String id, String model) {
      this.id = id;
      this.model = model;
      members.add(member());
    }

    String member() {
      return id + "#" + links;
    }

    private LoadTotals totals() {
      return new LoadTotals(ExpertCounts.of(1, 1, new long[] {counted}), counted, 0, NodeWork.NONE);
    }

    /** A step of its life, whichever there is next. */
    void step(int kind) {
      switch (life) {
        case LIVES -> live(kind);
        case LEAVES -> endLeaving(kind);
        case CUT_OFF -> comeBack();
        case GONE -> {}
      }
    }

    private void live(int kind) {
      switch (kind) {
        case 0, 1 -> counted += 1 + kind;
        case 2, 3 -> publish();
        case 4 -> {
          expected = counted;
          left.put(id, new Seen(++sequence, new LeftLoad(id, model, true, totals())));
          life = Life.LEAVES;
        }
        case 5 -> {
          members.remove(member());
          life = Life.GONE;
        }
        default -> {
          members.remove(member());
          life = Life.CUT_OFF;
        }
      }
    }

    void publish() {
      entries.put(member(), new Seen(++sequence, new LeftLoad(id, model, false, totals())));
      expected = counted;
    }

    /** In good order, or it dies in the middle of it. */
    private void endLeaving(int kind) {
      if (kind % 2 == 0) {
        entries.remove(member());
      }
      members.remove(member());
      life = Life.GONE;
    }

    private void comeBack() {
      links++;
      members.add(member());
      life = Life.LIVES;
      publish();
    }
  }

  Process start(String id, String model) {
    Process process = new Process(id, model);
    processes.add(process);
    return process;
  }

  List<Process> processes() {
    return processes;
  }

  /** Some router takes out an entry of a member that is gone: all of it, or it dies half-way. */
  void takeOut(int which, boolean whole) {
    List<String> gone = entries.keySet().stream().filter(key -> !members.contains(key)).toList();
    if (!gone.isEmpty()) {
      String key = gone.get(which % gone.size());
      Seen lost = entries.get(key);
      left.merge(
          lost.load().process(),
          lost,
          (kept, next) -> LoadLedger.replaces(next, kept) ? next : kept);
      if (whole) {
        entries.remove(key);
      }
    }
  }

  /** A leader looks. */
  void look() {
    leader = Optional.of(new Leader(Map.copyOf(left), sums, live()));
  }

  /** It does what follows from what it saw then. */
  void sweep() {
    if (leader.isEmpty()) {
      return;
    }
    Leader saw = leader.get();
    LoadLedger.Sweep next = LoadLedger.next(saw.left().values(), saw.sums(), saw.live());
    next.drop().forEach(one -> left.remove(one.load().process(), one));
    if (!next.add().isEmpty() && sums.equals(saw.sums())) {
      sums = saw.sums().plus(next.add());
    }
  }

  private Set<String> live() {
    Set<String> live = new HashSet<>();
    entries.forEach((member, seen) -> {
      if (members.contains(member)) {
        live.add(seen.load().process());
      }
    });
    return live;
  }

  /** What somebody sees who sees all. */
  long total() {
    List<Seen> gone = new ArrayList<>(left.values());
    long total = 0;
    for (Map.Entry<String, Seen> entry : entries.entrySet()) {
      if (members.contains(entry.getKey())) {
        total += entry.getValue().load().totals().tokensRouted();
      } else {
        gone.add(entry.getValue());
      }
    }
    return total
        + LoadLedger.left(gone, sums, live()).values().stream()
            .mapToLong(LoadTotals::tokensRouted)
            .sum();
  }

  long counted() {
    return processes.stream().mapToLong(process -> process.counted).sum();
  }

  /** Everything that is under way ends, and everybody says what it has counted. */
  void settle() {
    for (Process process : processes) {
      if (process.life == Life.LEAVES || process.life == Life.CUT_OFF) {
        process.step(0);
      }
      if (process.life == Life.LIVES) {
        process.publish();
      }
    }
    while (entries.keySet().stream().anyMatch(key -> !members.contains(key))) {
      takeOut(0, true);
    }
    for (int i = 0; i < 3; i++) {
      look();
      sweep();
    }
  }

  long expected() {
    return processes.stream().mapToLong(process -> process.expected).sum();
  }

  LeftLoads sums() {
    return sums;
  }

  int entriesLeft() {
    return left.size();
  }
}
