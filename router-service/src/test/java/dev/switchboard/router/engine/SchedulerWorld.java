package dev.switchboard.router.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.router.engine.Scheduler.Action;
import dev.switchboard.router.engine.Scheduler.Outcome;
import dev.switchboard.router.engine.Scheduler.Plan;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.function.Predicate;

/**
 * A scheduler with a model that only counts: each request's rows must come in order, each is heard
 * of once, repeated rows were heard of before, and memory is never overdrawn. Steps cost what the
 * given machine says, on a clock of its own.
 */
final class SchedulerWorld {
  /** Nanoseconds of a step. */
  interface Machine {
    long nanos(int generating, int promptRows);
  }

  /** One request, as the world sees it. */
  static final class Life {
    final Ticket ticket;
    int rowsInState;
    int heard;
    int generated;
    int starts;
    int ends;
    boolean running;
    long begunStep = -1;
    long lastTokenNanos = -1;
    long longestGapNanos;
    long lastSliceStep;

    Life(Ticket ticket) {
      this.ticket = ticket;
    }
  }

  final Map<Long, Life> lives = new LinkedHashMap<>();
  final Map<Long, Ending> failures = new HashMap<>();
  final Scheduler scheduler;
  final FakeRoom room;
  private final int stepTokens;
  private final Machine machine;
  long now;
  long steps;
  long preemptions;
  int lastPromptRows;

  SchedulerWorld(SchedulerLimits limits, FakeRoom room, Machine machine) {
    this.scheduler = new Scheduler(limits, room);
    this.room = room;
    this.stepTokens = limits.stepTokens();
    this.machine = machine;
  }

  Life submit(Ticket ticket) {
    Life life = new Life(ticket);
    lives.put(ticket.id(), life);
    apply(scheduler.submit(ticket, now));
    return life;
  }

  void apply(List<Action> actions) {
    for (Action action : actions) {
      Life life = lives.get(action.id());
      switch (action) {
        case Action.Start s -> {
          assertThat(life.running).isFalse();
          life.running = true;
          life.starts++;
        }
        case Action.Preempt p -> {
          assertThat(life.running).isTrue();
          preemptions++;
          life.running = false;
          life.rowsInState = 0;
          room.free(action.id());
        }
        case Action.Fail f -> {
          failures.put(f.id(), f.ending());
          end(life);
        }
      }
    }
  }

  private void end(Life life) {
    life.ends++;
    life.running = false;
    room.free(life.ticket.id());
  }

  /** One step; a request that has generated all it may ends. Returns its slices. */
  List<Slice> step() {
    return step(life -> life.generated >= life.ticket.newTokens());
  }

  List<Slice> step(Predicate<Life> over) {
    Plan plan = scheduler.plan();
    for (int patience = 1000; !plan.actions().isEmpty(); patience--) {
      assertThat(patience).as("the plan settles").isPositive();
      assertThat(plan.slices()).isEmpty();
      apply(plan.actions());
      plan = scheduler.plan();
    }
    List<Slice> slices = plan.slices();
    assertThat(slices.stream().mapToInt(Slice::rows).sum()).isLessThanOrEqualTo(stepTokens);
    assertThat(slices.stream().map(Slice::id).distinct().count()).isEqualTo(slices.size());
    if (slices.isEmpty()) {
      return slices;
    }
    steps++;
    int generating = (int) slices.stream().filter(Slice::isGenerated).count();
    lastPromptRows = slices.stream().mapToInt(Slice::rows).sum() - generating;
    long nanos = machine.nanos(generating, lastPromptRows);
    now += nanos;
    List<Outcome> outcomes = new ArrayList<>();
    slices.forEach(slice -> outcomes.add(outcome(slice, over)));
    scheduler.measured(nanos);
    apply(scheduler.completed(outcomes));
    return slices;
  }

  private Outcome outcome(Slice slice, Predicate<Life> over) {
    Life life = lives.get(slice.id());
    assertThat(life.running).isTrue();
    life.lastSliceStep = steps;
    if (life.begunStep < 0) {
      life.begunStep = steps;
    }
    int first = slice.isGenerated() ? life.rowsInState : slice.firstRow();
    assertThat(first).as("rows come in order").isEqualTo(life.rowsInState);
    if (slice.isRepeated()) {
      assertThat(first + slice.rows()).isLessThanOrEqualTo(life.heard);
      assertThat(slice.wantsLogits()).isFalse();
    } else {
      assertThat(first).as("each row is heard of once").isEqualTo(life.heard);
      life.heard += slice.rows();
    }
    if (!slice.isGenerated()) {
      assertThat(slice.rows()).isBetween(1, life.ticket.chunkTokens());
    }
    life.rowsInState += slice.rows();
    room.holds(slice.id(), life.rowsInState);
    assertThat(room.freeBlocks()).isNotNegative();
    if (slice.wantsLogits()) {
      assertThat(life.heard).isEqualTo(life.ticket.promptTokens() + life.generated);
      life.generated++;
      if (life.lastTokenNanos >= 0) {
        life.longestGapNanos = Math.max(life.longestGapNanos, now - life.lastTokenNanos);
      }
      life.lastTokenNanos = now;
    }
    boolean done =
        life.ticket.generates()
            ? slice.wantsLogits() && over.test(life)
            : life.heard == life.ticket.promptTokens();
    if (done) {
      end(life);
      return new Outcome.Finished(slice.id());
    }
    return new Outcome.Continues(slice.id());
  }

  /** Steps until nobody is left. */
  void drain(long mostSteps) {
    long end = steps + mostSteps;
    while (!scheduler.idle()) {
      assertThat(steps).as("everybody comes to an end").isLessThan(end);
      step();
    }
  }
}
