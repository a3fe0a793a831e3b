package dev.switchboard.router.engine;

import dev.switchboard.router.engine.Ending.Kind;
import java.util.ArrayDeque;
import java.util.ArrayList;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Decides which requests run and which rows the next step computes. A state machine without
 * threads: events go in, actions come out, time is an argument. Every submitted request gets
 * exactly one {@link Action.Fail} or one finished outcome.
 *
 * <p>A step serves generating requests first, one row each, and fills up with prompt chunks in
 * turn; one row is kept for a waiting prompt, so that neither kind can starve the other. Bits do
 * not depend on any of this.
 *
 * <p>A request begins once the most that its keys and values can take is free, so that none that
 * runs is ever out of memory. Requests begin in the order of their arrival: a small one does not
 * overtake a large one that waits for memory.
 */
public final class Scheduler {
  /** What the owner of the scheduler must do. */
  public sealed interface Action {
    long id();

    /** The request runs from now on: give it a sequence state. */
    record Start(long id) implements Action {}

    /** The request is over without an answer: free what it holds and tell its reader. */
    record Fail(long id, Ending ending) implements Action {}
  }

  /** What came of one slice. */
  public sealed interface Outcome {
    long id();

    record Continues(long id) implements Outcome {}

    record Finished(long id) implements Outcome {}

    record Failed(long id, Ending ending) implements Outcome {}
  }

  private enum Phase {
    QUEUED,
    PROMPT,
    GENERATING
  }

  private static final class Entry {
    final Ticket ticket;
    Phase phase = Phase.QUEUED;
    int rowsRead;
    boolean paused;
    long pausedSinceNanos;
    @Nullable Slice planned;

    Entry(Ticket ticket) {
      this.ticket = ticket;
    }

    boolean runnable() {
      return !paused && planned == null;
    }
  }

  private final SchedulerLimits limits;
  private final Map<Long, Entry> entries = new LinkedHashMap<>();
  private final ArrayDeque<Entry> queue = new ArrayDeque<>();
  // Both rotate: who was served goes to the end.
  private final ArrayDeque<Entry> prompts = new ArrayDeque<>();
  private final ArrayDeque<Entry> generating = new ArrayDeque<>();
  private long reservedBytes;

  public Scheduler(SchedulerLimits limits) {
    this.limits = limits;
  }

  public int running() {
    return prompts.size() + generating.size();
  }

  public int queued() {
    return queue.size();
  }

  public boolean idle() {
    return entries.isEmpty();
  }

  public List<Action> submit(Ticket ticket, long nowNanos) {
    List<Action> actions = new ArrayList<>(1);
    if (entries.containsKey(ticket.id())) {
      throw new IllegalArgumentException("request " + ticket.id() + " is already here");
    }
    if (ticket.expired(nowNanos)) {
      actions.add(new Action.Fail(ticket.id(), deadline("before it was begun")));
    } else if (ticket.memoryBytes() > limits.memoryBytes()) {
      actions.add(new Action.Fail(ticket.id(), tooLarge(ticket)));
    } else if (!canBegin(ticket) && queue.size() >= limits.maxQueued()) {
      actions.add(new Action.Fail(ticket.id(), full()));
    } else {
      Entry entry = new Entry(ticket);
      entries.put(ticket.id(), entry);
      queue.addLast(entry);
      promote(actions);
    }
    return actions;
  }

  /** Ends the request at once; nothing happens if it is over already. */
  public List<Action> cancel(long id) {
    return fail(id, Ending.CANCELLED);
  }

  /**
   * The first rows of a request that has just begun need no pass.
   *
   * @param rows fewer than its prompt has
   */
  public void skip(long id, int rows) {
    Entry entry = entries.get(id);
    if (entry == null || entry.rowsRead > 0 || rows >= entry.ticket.promptTokens()) {
      throw new IllegalArgumentException("request %d cannot skip %d rows".formatted(id, rows));
    }
    entry.rowsRead = rows;
  }

  /** The request's reader is behind: no slice until {@link #resume}. */
  public void pause(long id, long nowNanos) {
    Entry entry = entries.get(id);
    if (entry != null && !entry.paused) {
      entry.paused = true;
      entry.pausedSinceNanos = nowNanos;
    }
  }

  public void resume(long id) {
    Entry entry = entries.get(id);
    if (entry != null) {
      entry.paused = false;
    }
  }

  /** Ends what is past its deadline or stalled. */
  public List<Action> expire(long nowNanos) {
    List<Action> actions = new ArrayList<>(0);
    for (Entry entry : List.copyOf(entries.values())) {
      if (entry.ticket.expired(nowNanos)) {
        remove(entry);
        actions.add(new Action.Fail(entry.ticket.id(), deadline(progress(entry))));
      } else if (entry.paused
          && nowNanos - entry.pausedSinceNanos >= limits.stallLimit().toNanos()) {
        remove(entry);
        actions.add(new Action.Fail(entry.ticket.id(), stalled()));
      }
    }
    promote(actions);
    return actions;
  }

  /** When {@link #expire} has something to do at the earliest. */
  public OptionalLong nextTimerNanos() {
    boolean any = false;
    long first = 0;
    for (Entry entry : entries.values()) {
      if (entry.ticket.deadlineNanos() != Ticket.NO_DEADLINE) {
        first = any ? earlier(first, entry.ticket.deadlineNanos()) : entry.ticket.deadlineNanos();
        any = true;
      }
      if (entry.paused) {
        long stalls = entry.pausedSinceNanos + limits.stallLimit().toNanos();
        first = any ? earlier(first, stalls) : stalls;
        any = true;
      }
    }
    return any ? OptionalLong.of(first) : OptionalLong.empty();
  }

  /**
   * The rows of the next step, empty if there is nothing to do; each slice must come back in {@link
   * #completed}.
   */
  public List<Slice> plan() {
    List<Slice> slices = new ArrayList<>();
    boolean promptWaits = prompts.stream().anyMatch(Entry::runnable);
    int rows = limits.stepTokens();
    int kept = promptWaits && rows > 1 ? 1 : 0;
    for (int turn = generating.size(); turn > 0 && rows > kept; turn--) {
      Entry entry = generating.removeFirst();
      generating.addLast(entry);
      if (entry.runnable()) {
        entry.planned = Slice.generated(entry.ticket.id());
        slices.add(entry.planned);
        rows--;
      }
    }
    for (int turn = prompts.size(); turn > 0 && rows > 0; turn--) {
      Entry entry = prompts.removeFirst();
      prompts.addLast(entry);
      if (entry.runnable()) {
        Slice slice = chunk(entry, rows);
        slices.add(slice);
        rows -= slice.rows();
      }
    }
    return slices;
  }

  private static Slice chunk(Entry entry, int rowsLeft) {
    Ticket ticket = entry.ticket;
    int toRead = ticket.promptTokens() - entry.rowsRead;
    int rows = Math.min(Math.min(toRead, ticket.chunkTokens()), rowsLeft);
    Slice slice =
        new Slice(ticket.id(), entry.rowsRead, rows, ticket.generates() && rows == toRead);
    entry.planned = slice;
    return slice;
  }

  /**
   * What came of the slices of the last plan; those of requests that ended meanwhile are ignored.
   */
  public List<Action> completed(Collection<? extends Outcome> outcomes) {
    List<Action> actions = new ArrayList<>(0);
    for (Outcome outcome : outcomes) {
      Entry entry = entries.get(outcome.id());
      if (entry == null) {
        continue;
      }
      Slice slice = entry.planned;
      if (slice == null) {
        throw new IllegalStateException("request " + outcome.id() + " was not part of the step");
      }
      entry.planned = null;
      switch (outcome) {
        case Outcome.Continues c -> advance(entry, slice);
        case Outcome.Finished f -> remove(entry);
        case Outcome.Failed failed -> {
          remove(entry);
          actions.add(new Action.Fail(failed.id(), failed.ending()));
        }
      }
    }
    promote(actions);
    return actions;
  }

  /** Ends everything, queued and running. */
  public List<Action> stop(Ending ending) {
    List<Action> actions = new ArrayList<>();
    for (Entry entry : List.copyOf(entries.values())) {
      remove(entry);
      actions.add(new Action.Fail(entry.ticket.id(), ending));
    }
    return actions;
  }

  private void advance(Entry entry, Slice slice) {
    if (!slice.isPrompt()) {
      return;
    }
    entry.rowsRead += slice.rows();
    if (entry.rowsRead == entry.ticket.promptTokens()) {
      if (!entry.ticket.generates()) {
        throw new IllegalStateException(
            "request " + entry.ticket.id() + " is read and cannot continue");
      }
      prompts.remove(entry);
      entry.phase = Phase.GENERATING;
      generating.addLast(entry);
    }
  }

  private List<Action> fail(long id, Ending ending) {
    Entry entry = entries.get(id);
    if (entry == null) {
      return List.of();
    }
    remove(entry);
    List<Action> actions = new ArrayList<>();
    actions.add(new Action.Fail(id, ending));
    promote(actions);
    return actions;
  }

  private void remove(Entry entry) {
    entries.remove(entry.ticket.id());
    reservedBytes -= entry.phase == Phase.QUEUED ? 0 : entry.ticket.memoryBytes();
    switch (entry.phase) {
      case QUEUED -> queue.remove(entry);
      case PROMPT -> prompts.remove(entry);
      case GENERATING -> generating.remove(entry);
    }
  }

  private void promote(List<Action> actions) {
    while (!queue.isEmpty() && fits(queue.getFirst().ticket)) {
      Entry entry = queue.removeFirst();
      reservedBytes += entry.ticket.memoryBytes();
      entry.phase = Phase.PROMPT;
      prompts.addLast(entry);
      actions.add(new Action.Start(entry.ticket.id()));
    }
  }

  private boolean canBegin(Ticket ticket) {
    return queue.isEmpty() && fits(ticket);
  }

  private boolean fits(Ticket ticket) {
    return running() < limits.maxRunning()
        && ticket.memoryBytes() <= limits.memoryBytes() - reservedBytes;
  }

  private Ending tooLarge(Ticket ticket) {
    return new Ending(
        Kind.INVALID,
        "the keys and values of %d prompt tokens and all that may follow take up to %,d bytes; this router has %,d for all requests (router.kvCacheBytes): shorten the prompt or lower max_tokens"
            .formatted(ticket.promptTokens(), ticket.memoryBytes(), limits.memoryBytes()));
  }

  private Ending full() {
    return new Ending(
        Kind.REJECTED,
        "the router is full: %d requests run and %d wait, more than %d are not queued"
            .formatted(running(), queued(), limits.maxQueued()));
  }

  private Ending stalled() {
    return new Ending(
        Kind.STALLED,
        "the reader of this stream took nothing for " + limits.stallLimit().toMillis() + " ms");
  }

  private static Ending deadline(String progress) {
    return new Ending(Kind.DEADLINE, "the request's deadline passed " + progress);
  }

  private static String progress(Entry entry) {
    return switch (entry.phase) {
      case QUEUED -> "while it was queued";
      case PROMPT ->
          "after %d of %d prompt tokens".formatted(entry.rowsRead, entry.ticket.promptTokens());
      case GENERATING -> "while it was generating";
    };
  }

  private static long earlier(long a, long b) {
    return a - b <= 0 ? a : b;
  }
}
