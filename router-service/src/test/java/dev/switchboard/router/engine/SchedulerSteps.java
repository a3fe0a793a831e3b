package dev.switchboard.router.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.router.engine.Scheduler.Action;
import dev.switchboard.router.engine.Scheduler.Outcome;
import java.time.Duration;
import java.util.List;

/** What tests of the scheduler say to it, and what it says. */
final class SchedulerSteps {
  static final long SECOND = 1_000_000_000L;

  static final String ANN = "ann";

  static final String BOB = "bob";

  private SchedulerSteps() {}

  static SchedulerLimits limits(int running, int queued, int stepTokens) {
    return new SchedulerLimits(
        running, queued, stepTokens, Duration.ofMillis(100), 0, Duration.ofSeconds(30));
  }

  static Scheduler scheduler(int running, int queued, int stepTokens) {
    return new Scheduler(limits(running, queued, stepTokens), KvRoom.NONE);
  }

  static Ticket ticket(long id, int prompt, int chunk) {
    return ticket(id, ANN, prompt, chunk);
  }

  static Ticket ticket(long id, String client, int prompt, int chunk) {
    return new Ticket(id, client, prompt, 1000, chunk, Ticket.NO_DEADLINE);
  }

  static Ticket late(long id, int prompt, long deadlineNanos) {
    return new Ticket(id, ANN, prompt, 9, 8, deadlineNanos);
  }

  static List<Slice> plan(Scheduler scheduler) {
    Scheduler.Plan plan = scheduler.plan();
    assertThat(plan.actions()).isEmpty();
    return plan.slices();
  }

  static void go(Scheduler scheduler, List<Slice> slices) {
    scheduler.measured(1000);
    scheduler.completed(slices.stream().map(s -> new Outcome.Continues(s.id())).toList());
  }

  static List<String> messages(List<Action> actions) {
    return actions.stream()
        .map(action ->
            switch (action) {
              case Action.Start s -> s.id() + " start";
              case Action.Preempt p -> p.id() + " preempt";
              case Action.Fail f -> f.id() + " " + f.ending().kind() + " " + f.ending().message();
            })
        .toList();
  }
}
