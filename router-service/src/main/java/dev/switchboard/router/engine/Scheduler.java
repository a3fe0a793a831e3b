package dev.switchboard.router.engine;

import dev.switchboard.router.engine.Ending.Kind;
import java.util.ArrayList;
import java.util.Collection;
import java.util.List;
import java.util.OptionalLong;
import org.jspecify.annotations.Nullable;

/**
 * Decides which requests run and which rows the next step computes. A state machine without
 * threads: events go in, actions come out, time and what steps cost are arguments. Every submitted
 * request gets exactly one {@link Action.Fail} or one finished outcome.
 *
 * <p>A step has one row of each request that generates, then prompt chunks: as large as fits while
 * nobody generates, else only so large that they make the step no longer than {@link
 * SchedulerLimits#promptDelay}, by what such steps took before. Bits do not depend on any of this.
 *
 * <p>A request whose state was given up for want of memory keeps its tokens, waits, and is computed
 * again up to where it was: its reader sees a pause and nothing else.
 */
public final class Scheduler {
  /** What the owner of the scheduler must do. */
  public sealed interface Action {
    long id();

    /** The request runs from now on: give it a sequence state. */
    record Start(long id) implements Action {}

    /** The request waits from now on: free its state, keep its tokens. */
    record Preempt(long id) implements Action {}

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

  /**
   * What is next: actions, after which the scheduler is to be asked again, or the rows of a step.
   */
  public record Plan(List<Action> actions, List<Slice> slices) {}

  private final SchedulerLimits limits;
  private final KvRoom room;
  private final Roster roster;
  private final StepCosts costs = new StepCosts();
  private final Waits waits = new Waits();
  private long lastNanos;
  private long step;
  private long lookedAtStep = -1;
  private int plannedGenerating;
  private double plannedWork;

  public Scheduler(SchedulerLimits limits, KvRoom room) {
    this.limits = limits;
    this.room = room;
    this.roster = new Roster(limits, room);
  }

  public int running() {
    return roster.running().size();
  }

  public int queued() {
    return roster.waiting();
  }

  public boolean idle() {
    return roster.all().isEmpty();
  }

  public List<Action> submit(Ticket ticket, long nowNanos) {
    if (roster.find(ticket.id()) != null) {
      throw new IllegalArgumentException("request " + ticket.id() + " is already here");
    }
    lastNanos = nowNanos;
    List<Action> actions = new ArrayList<>(1);
    admitThoseThatWait(actions);
    boolean full = roster.full(ticket);
    Entry dropped = full ? roster.drops(ticket.client()) : null;
    Ending refusal = refusal(ticket, nowNanos, full && dropped == null);
    if (refusal != null) {
      actions.add(new Action.Fail(ticket.id(), refusal));
    } else {
      if (dropped != null) {
        roster.remove(dropped);
        actions.add(new Action.Fail(dropped.id(), full()));
      }
      roster.add(ticket);
      roster.admit(actions);
    }
    return actions;
  }

  private void admitThoseThatWait(List<Action> actions) {
    roster.admit(actions);
    for (Action action : actions) {
      if (action instanceof Action.Start) {
        waits.began(lastNanos);
      }
    }
    if (roster.waiting() == 0) {
      waits.nobodyWaits();
    }
  }

  /** Why a newcomer is not taken, or null. */
  private @Nullable Ending refusal(Ticket ticket, long nowNanos, boolean full) {
    if (ticket.expired(nowNanos)) {
      return Endings.deadline("before it was begun");
    }
    if (room.blocks(ticket.mostTokens()) > room.totalBlocks()) {
      return Endings.tooLarge(ticket, room);
    }
    if (full) {
      return full();
    }
    return roster.waiting() == 0
        ? null
        : waits.tooLong(ticket, roster.ahead(ticket.client()), nowNanos, limits.maxWait());
  }

  /** Ends the request at once; nothing happens if it is over already. */
  public List<Action> cancel(long id) {
    return fail(id, Ending.CANCELLED);
  }

  /** The same for another reason. */
  public List<Action> fail(long id, Ending ending) {
    return finish(id) ? List.of(new Action.Fail(id, ending)) : List.of();
  }

  /** The request has its answer without a step. Returns whether it was here. */
  public boolean finish(long id) {
    Entry entry = roster.find(id);
    if (entry != null) {
      roster.remove(entry);
    }
    return entry != null;
  }

  /**
   * The first rows of a request that has just been started need no pass.
   *
   * @param rows fewer than it has tokens
   */
  public void skip(long id, int rows) {
    Entry entry = roster.find(id);
    if (entry == null
        || entry.rows > 0
        || rows >= Math.max(entry.ticket.promptTokens(), entry.seen + 1)) {
      throw new IllegalArgumentException("request %d cannot skip %d rows".formatted(id, rows));
    }
    entry.rows = rows;
    entry.seen = Math.max(entry.seen, rows);
  }

  /** The request's reader is behind: no slice until {@link #resume}. */
  public void pause(long id, long nowNanos) {
    Entry entry = roster.find(id);
    if (entry != null && !entry.paused) {
      entry.paused = true;
      entry.pausedSinceNanos = nowNanos;
    }
  }

  public void resume(long id) {
    Entry entry = roster.find(id);
    if (entry != null) {
      entry.paused = false;
    }
  }

  /** Ends what is past its deadline or stalled. */
  public List<Action> expire(long nowNanos) {
    lastNanos = nowNanos;
    List<Action> actions = new ArrayList<>(0);
    for (Entry entry : List.copyOf(roster.all())) {
      if (entry.ticket.expired(nowNanos)) {
        roster.remove(entry);
        actions.add(new Action.Fail(entry.id(), Endings.deadline(entry.progress())));
      } else if (entry.paused
          && nowNanos - entry.pausedSinceNanos >= limits.stallLimit().toNanos()) {
        roster.remove(entry);
        actions.add(new Action.Fail(entry.id(), Endings.stalled(limits.stallLimit())));
      }
    }
    return actions;
  }

  /** When {@link #expire} has something to do at the earliest. */
  public OptionalLong nextTimerNanos() {
    boolean any = false;
    long first = 0;
    for (Entry entry : roster.all()) {
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
   * What is next. Neither actions nor slices: there is nothing to do. Each slice must come back in
   * {@link #completed}.
   */
  public Plan plan() {
    List<Action> actions = new ArrayList<>(0);
    admitThoseThatWait(actions);
    if (!actions.isEmpty()) {
      return new Plan(actions, List.of());
    }
    StepFill fill = new StepFill(limits, room, roster.running());
    if (fill.generate()) {
      int generating = fill.generating();
      int rowsLeft = limits.stepTokens() - generating;
      if (rowsLeft > 0) {
        if (generating == 0) {
          fill.readAlone();
        } else if (step != lookedAtStep && costs.shouldLook(generating)) {
          lookedAtStep = step + 1;
        } else {
          fill.readBeside(costs.promptWork(limits.promptDelay().toNanos(), rowsLeft));
        }
      }
    }
    if (fill.starved()) {
      return new Plan(makeRoom(), List.of());
    }
    fill.commit(++step);
    plannedGenerating = fill.generating();
    plannedWork = fill.promptWork();
    return new Plan(List.of(), List.copyOf(fill.slices()));
  }

  /** The step that was planned found no memory: nothing of it was computed. */
  public List<Action> noRoom() {
    roster.all().forEach(entry -> entry.planned = null);
    return roster.running().isEmpty() ? List.of() : makeRoom();
  }

  private List<Action> makeRoom() {
    Entry victim = roster.victim();
    if (roster.running().size() == 1) {
      roster.remove(victim);
      return List.of(new Action.Fail(victim.id(), Endings.noRoom(victim.ticket, room)));
    }
    return List.of(roster.giveUp(victim));
  }

  /** What the step that was planned last took. */
  public void measured(long nanos) {
    if (nanos > 0) {
      costs.observe(plannedGenerating, plannedWork, nanos);
    }
  }

  /**
   * What came of the slices of the last plan; those of requests that ended meanwhile are ignored.
   */
  public List<Action> completed(Collection<? extends Outcome> outcomes) {
    List<Action> actions = new ArrayList<>(0);
    for (Outcome outcome : outcomes) {
      Entry entry = roster.find(outcome.id());
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
        case Outcome.Finished f -> roster.remove(entry);
        case Outcome.Failed failed -> {
          roster.remove(entry);
          actions.add(new Action.Fail(failed.id(), failed.ending()));
        }
      }
    }
    return actions;
  }

  private static void advance(Entry entry, Slice slice) {
    entry.passed(slice);
    if (!entry.reads() && !entry.ticket.generates()) {
      throw new IllegalStateException("request " + entry.id() + " is read and cannot continue");
    }
  }

  /** Ends everything, queued and running. */
  public List<Action> stop(Ending ending) {
    List<Action> actions = new ArrayList<>();
    for (Entry entry : List.copyOf(roster.all())) {
      roster.remove(entry);
      actions.add(new Action.Fail(entry.id(), ending));
    }
    return actions;
  }

  private Ending full() {
    return new Ending(
        Kind.REJECTED,
        "the router is full: %d requests run and %d wait, more than %d are not queued (router.queue)"
            .formatted(running(), queued(), limits.maxQueued()));
  }

  private static long earlier(long a, long b) {
    return a - b <= 0 ? a : b;
  }
}
