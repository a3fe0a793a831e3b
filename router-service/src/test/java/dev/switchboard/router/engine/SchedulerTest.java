package dev.switchboard.router.engine;

import static dev.switchboard.router.engine.SchedulerSteps.ANN;
import static dev.switchboard.router.engine.SchedulerSteps.BOB;
import static dev.switchboard.router.engine.SchedulerSteps.SECOND;
import static dev.switchboard.router.engine.SchedulerSteps.go;
import static dev.switchboard.router.engine.SchedulerSteps.late;
import static dev.switchboard.router.engine.SchedulerSteps.limits;
import static dev.switchboard.router.engine.SchedulerSteps.messages;
import static dev.switchboard.router.engine.SchedulerSteps.plan;
import static dev.switchboard.router.engine.SchedulerSteps.scheduler;
import static dev.switchboard.router.engine.SchedulerSteps.ticket;
import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.router.engine.Ending.Kind;
import dev.switchboard.router.engine.Scheduler.Action;
import dev.switchboard.router.engine.Scheduler.Outcome;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  @Test
  void readsAPromptInChunksAndThenGenerates() {
    Scheduler scheduler = scheduler(1, 0, 64);
    assertThat(scheduler.submit(ticket(1, 10, 4), 0)).containsExactly(new Action.Start(1));
    for (Slice expected :
        List.of(
            Slice.prompt(1, 0, 4, false),
            Slice.prompt(1, 4, 4, false),
            Slice.prompt(1, 8, 2, true),
            Slice.generated(1),
            Slice.generated(1))) {
      List<Slice> plan = plan(scheduler);
      assertThat(plan).containsExactly(expected);
      go(scheduler, plan);
    }
    assertThat(plan(scheduler)).hasSize(1);
    assertThat(scheduler.completed(List.of(new Outcome.Finished(1)))).isEmpty();
    assertThat(scheduler.idle()).isTrue();
  }

  @Test
  void aPromptAloneNeverWantsLogits() {
    Scheduler scheduler = scheduler(1, 0, 64);
    scheduler.submit(new Ticket(1, ANN, 3, 0, 2, Ticket.NO_DEADLINE), 0);
    List<Slice> first = plan(scheduler);
    assertThat(first).containsExactly(Slice.prompt(1, 0, 2, false));
    go(scheduler, first);
    assertThat(plan(scheduler)).containsExactly(Slice.prompt(1, 2, 1, false));
  }

  @Test
  void queuesBehindTheRunningAndRefusesBeyondTheQueue() {
    Scheduler scheduler = scheduler(1, 1, 64);
    assertThat(scheduler.submit(ticket(1, 1, 1), 0)).containsExactly(new Action.Start(1));
    assertThat(scheduler.submit(ticket(2, 1, 1), 0)).isEmpty();
    assertThat(scheduler.submit(ticket(3, 1, 1), 0))
        .singleElement()
        .isInstanceOfSatisfying(
            Action.Fail.class,
            fail -> {
              assertThat(fail.ending().kind()).isEqualTo(Kind.REJECTED);
              assertThat(fail.ending().message())
                  .contains("1 requests run and 1 wait", "more than 1", "router.queue");
            });
    assertThat(scheduler.cancel(1)).containsExactly(new Action.Fail(1, Ending.CANCELLED));
    assertThat(scheduler.plan().actions()).containsExactly(new Action.Start(2));
  }

  @Test
  void aLongLineGivesUpItsNewestForAClientWithNone() {
    Scheduler scheduler = scheduler(1, 2, 64);
    for (long id = 1; id <= 3; id++) {
      scheduler.submit(ticket(id, 1, 1), 0);
    }
    List<Action> actions = scheduler.submit(ticket(4, BOB, 1, 1), 0);
    assertThat(actions.getFirst())
        .isInstanceOfSatisfying(
            Action.Fail.class,
            fail -> {
              assertThat(fail.id()).isEqualTo(3);
              assertThat(fail.ending().kind()).isEqualTo(Kind.REJECTED);
            });
    assertThat(messages(scheduler.submit(ticket(5, BOB, 1, 1), 0)).getFirst())
        .startsWith("5 REJECTED");
  }

  private static void finishOne(Scheduler scheduler, long nowNanos) {
    scheduler.expire(nowNanos);
    Scheduler.Plan plan = scheduler.plan();
    while (!plan.actions().isEmpty()) {
      plan = scheduler.plan();
    }
    scheduler.measured(1000);
    scheduler.completed(plan.slices().stream().map(s -> new Outcome.Finished(s.id())).toList());
  }

  @Test
  void whoWouldWaitBeyondItsDeadlineIsToldWhenItComes() {
    Scheduler scheduler = scheduler(1, 100, 64);
    for (long id = 1; id <= 40; id++) {
      scheduler.submit(ticket(id, 1, 1), 0);
    }
    for (int second = 0; second < 20; second++) {
      finishOne(scheduler, second * SECOND);
    }
    long now = 20 * SECOND;
    List<Action> actions = scheduler.submit(late(50, 1, now + 5 * SECOND), now);
    assertThat(messages(actions)).last().asString().startsWith("50 REJECTED the router is busy");
    assertThat(scheduler.submit(late(51, 1, now + 100 * SECOND), now)).isEmpty();
    assertThat(scheduler.submit(new Ticket(52, BOB, 1, 9, 8, now + 5 * SECOND), now))
        .as("who has nothing running is next")
        .isEmpty();
  }

  @Test
  void rowsThatOthersHaveReadAreSkipped() {
    Scheduler scheduler = scheduler(1, 0, 64);
    scheduler.submit(ticket(1, 10, 4), 0);
    scheduler.skip(1, 7);
    assertThat(plan(scheduler)).containsExactly(Slice.prompt(1, 7, 3, true));
    assertThatThrownBy(() -> scheduler.skip(1, 10)).hasMessageContaining("skip 10");
  }

  @Test
  void generatesFirstFillsUpWithPromptsAndKeepsARowForThem() {
    Scheduler scheduler = scheduler(4, 0, 3);
    for (long id = 1; id <= 3; id++) {
      scheduler.submit(ticket(id, 1, 8), 0);
    }
    go(scheduler, plan(scheduler));
    go(scheduler, plan(scheduler));
    scheduler.submit(ticket(4, 20, 8), 0);
    List<Slice> plan = plan(scheduler);
    assertThat(plan)
        .containsExactly(Slice.generated(1), Slice.generated(2), Slice.prompt(4, 0, 1, false));
    go(scheduler, plan);
    assertThat(plan(scheduler))
        .as("who was left out is next")
        .containsExactly(Slice.generated(3), Slice.generated(1), Slice.prompt(4, 1, 1, false));
  }

  @Test
  void clientsTakeTurnsAndTheirPromptsComeInOrder() {
    Scheduler scheduler = scheduler(4, 0, 8);
    scheduler.submit(ticket(1, ANN, 12, 8), 0);
    scheduler.submit(ticket(2, ANN, 100, 8), 0);
    scheduler.submit(ticket(3, BOB, 100, 8), 0);
    scheduler.submit(ticket(4, "cy", 100, 4), 0);
    List<List<Long>> turns = new ArrayList<>();
    for (int i = 0; i < 7; i++) {
      List<Slice> plan = plan(scheduler);
      turns.add(plan.stream().map(Slice::id).toList());
      go(scheduler, plan);
    }
    assertThat(turns)
        .containsExactly(
            List.of(1L),
            List.of(3L),
            List.of(4L),
            List.of(1L, 2L),
            List.of(1L),
            List.of(1L, 3L),
            List.of(1L, 4L));
  }

  @Test
  void aStepWithoutPromptsShowsWhatGenerationTakesNowAndThen() {
    SchedulerWorld world =
        new SchedulerWorld(limits(9, 9, 64), new FakeRoom(0, 0), (g, p) -> 1_000_000L * (g + p));
    world.submit(new Ticket(1, ANN, 1, 4000, 8, Ticket.NO_DEADLINE));
    world.step();
    world.submit(new Ticket(2, BOB, 30_000, 1, 64, Ticket.NO_DEADLINE));
    int without = 0;
    for (int i = 0; i < 200; i++) {
      world.step();
      without += world.lastPromptRows == 0 ? 1 : 0;
    }
    assertThat(without).isEqualTo(4);
  }

  @Test
  void aStepIsSharedByTheClientsAndWhatOneDoesNotNeedIsTheOthers() {
    Scheduler scheduler = scheduler(8, 0, 300);
    for (long id = 1; id <= 5; id++) {
      scheduler.submit(ticket(id, ANN, 1000, 512), 0);
    }
    scheduler.submit(ticket(6, BOB, 40, 512), 0);
    scheduler.submit(ticket(7, "cy", 1000, 512), 0);
    assertThat(plan(scheduler))
        .containsExactlyInAnyOrder(
            Slice.prompt(6, 0, 40, true),
            Slice.prompt(1, 0, 130, false),
            Slice.prompt(7, 0, 130, false));
  }
}
