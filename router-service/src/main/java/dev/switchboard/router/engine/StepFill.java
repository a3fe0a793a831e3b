package dev.switchboard.router.engine;

import java.util.ArrayList;
import java.util.Comparator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;

/**
 * Chooses the rows of one step: a row of each request that generates, then prompts as far as their
 * work, the step and the memory allow. Work is shared evenly between clients; what one does not
 * need goes to the others. A client's prompts are read one after another.
 */
final class StepFill {
  /** Less than this is not worth a client's turn while others wait for theirs. */
  private static final int LEAST_SHARE = 16;

  private final SchedulerLimits limits;
  private final KvRoom room;
  private final List<Entry> running;
  private final List<Entry> served = new ArrayList<>();
  private final List<Slice> slices = new ArrayList<>();
  private int rowsLeft;
  private long blocksLeft;
  private double promptWork;
  // Among prompts alone rows are shared, whatever they look at.
  private double sharedKeyCost;
  private boolean starved;

  StepFill(SchedulerLimits limits, KvRoom room, List<Entry> running) {
    this.limits = limits;
    this.room = room;
    this.running = running;
    this.rowsLeft = limits.stepTokens();
    this.blocksLeft = room.freeBlocks();
  }

  List<Slice> slices() {
    return slices;
  }

  int generating() {
    return (int) slices.stream().filter(Slice::isGenerated).count();
  }

  /** Of prompts, in rows that look at no key. */
  double promptWork() {
    return promptWork;
  }

  /** Whether somebody had to be left out, or everybody, for want of memory. */
  boolean starved() {
    return starved;
  }

  /** Makes the choice binding. */
  void commit(long step) {
    for (int i = 0; i < served.size(); i++) {
      Entry entry = served.get(i);
      entry.planned = slices.get(i);
      if (slices.get(i).isGenerated()) {
        entry.lastStep = step;
      } else {
        entry.client.lastStep = step;
      }
    }
  }

  /** Fails, and is starved, if one of those that generate finds no memory. */
  boolean generate() {
    boolean promptWaits = running.stream().anyMatch(e -> e.runnable() && e.reads());
    int kept = promptWaits && rowsLeft > 1 ? 1 : 0;
    List<Entry> turns =
        running.stream()
            .filter(e -> e.runnable() && !e.reads())
            .sorted(Comparator.comparingLong(e -> e.lastStep))
            .toList();
    for (Entry entry : turns) {
      if (rowsLeft <= kept) {
        break;
      }
      long blocks = room.blocks(entry.rows + 1L) - room.blocks(entry.rows);
      if (blocks > blocksLeft) {
        starved = true;
        return false;
      }
      take(entry, Slice.generated(entry.id()), blocks);
    }
    return true;
  }

  /** Prompts of a step in which nobody generates: as many rows as it takes. */
  void readAlone() {
    sharedKeyCost = 0;
    read(rowsLeft);
  }

  /**
   * Prompts of a step in which others generate.
   *
   * @param work that the step may hold, in rows that look at no key
   */
  void readBeside(double work) {
    sharedKeyCost = limits.keyCost();
    read(work);
  }

  private void read(double work) {
    List<Turn> turns = turns(work);
    double left = work;
    for (int i = 0; i < turns.size(); i++) {
      double share = Math.max(1, left / (turns.size() - i));
      left -= read(turns.get(i).prompts, share);
    }
    starved |= slices.isEmpty() && !turns.isEmpty();
  }

  /** A client's prompts, in their order, and the work that is in them. */
  private record Turn(List<Entry> prompts, double work) {}

  /** Clients who are served in this step: who waited longest, those who want least first. */
  private List<Turn> turns(double work) {
    Map<Client, List<Entry>> prompts = new LinkedHashMap<>();
    running.stream()
        .filter(e -> e.runnable() && e.reads())
        .forEach(e -> prompts.computeIfAbsent(e.client, c -> new ArrayList<>()).add(e));
    int most = Math.max(1, (int) (work / LEAST_SHARE));
    return prompts.entrySet().stream()
        .sorted(Comparator.comparingLong(e -> e.getKey().lastStep))
        .limit(most)
        .map(e -> new Turn(e.getValue(), e.getValue().stream().mapToDouble(this::wanted).sum()))
        .sorted(Comparator.comparingDouble(Turn::work))
        .toList();
  }

  private double wanted(Entry entry) {
    return work(entry, most(entry), sharedKeyCost);
  }

  /** Rows of its next slice, however much room there is. */
  private int most(Entry entry) {
    int rows = Math.min(entry.sameKindRows(), entry.ticket.chunkTokens());
    return limits.aligned(entry.rows, rows);
  }

  /** Work that was done of the share. */
  private double read(List<Entry> prompts, double share) {
    double left = share;
    for (Entry entry : prompts) {
      int rows = Math.min(most(entry), Math.min(rowsLeft, affordable(entry, left)));
      rows = (int) Math.min(rows, rowsWithin(entry, blocksLeft));
      if (rows > 0) {
        promptWork += work(entry, rows, limits.keyCost());
        left -= work(entry, rows, sharedKeyCost);
        take(
            entry,
            entry.chunk(rows),
            room.blocks((long) entry.rows + rows) - room.blocks(entry.rows));
      }
      if (left < 1 || rowsLeft == 0) {
        break;
      }
    }
    return share - left;
  }

  private void take(Entry entry, Slice slice, long blocks) {
    served.add(entry);
    slices.add(slice);
    rowsLeft -= slice.rows();
    blocksLeft -= blocks;
  }

  private static double work(Entry entry, int rows, double keyCost) {
    return rows * (1 + keyCost * (entry.rows + rows / 2.0));
  }

  /** Rows of that much work, at least one. */
  private int affordable(Entry entry, double work) {
    int rows = (int) (work / (1 + sharedKeyCost * entry.rows));
    return Math.max(1, (int) (work * rows / Math.max(work, work(entry, rows, sharedKeyCost))));
  }

  private long rowsWithin(Entry entry, long blocks) {
    return room.blockTokens() == 0
        ? Long.MAX_VALUE
        : (room.blocks(entry.rows) + blocks) * room.blockTokens() - entry.rows;
  }
}
