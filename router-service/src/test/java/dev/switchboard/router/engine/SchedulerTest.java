package dev.switchboard.router.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.router.engine.Ending.Kind;
import dev.switchboard.router.engine.Scheduler.Action;
import dev.switchboard.router.engine.Scheduler.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  private static final long SECOND = 1_000_000_000L;
  private static final String ANN = "ann";
  private static final String BOB = "bob";

  private static SchedulerLimits limits(int running, int queued, int stepTokens) {
    return new SchedulerLimits(
        running, queued, stepTokens, Duration.ofMillis(100), 0, Duration.ofSeconds(30));
  }

  private static Scheduler scheduler(int running, int queued, int stepTokens) {
    return new Scheduler(limits(running, queued, stepTokens), KvRoom.NONE);
  }

  private static Ticket ticket(long id, int prompt, int chunk) {
    return ticket(id, ANN, prompt, chunk);
  }

  private static Ticket ticket(long id, String client, int prompt, int chunk) {
    return new Ticket(id, client, prompt, 1000, chunk, Ticket.NO_DEADLINE);
  }

  private static Ticket late(long id, int prompt, long deadlineNanos) {
    return new Ticket(id, ANN, prompt, 9, 8, deadlineNanos);
  }

  private static List<Slice> plan(Scheduler scheduler) {
    Scheduler.Plan plan = scheduler.plan();
    assertThat(plan.actions()).isEmpty();
    return plan.slices();
  }

  private static void go(Scheduler scheduler, List<Slice> slices) {
    scheduler.measured(1000);
    scheduler.completed(slices.stream().map(s -> new Outcome.Continues(s.id())).toList());
  }

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

  @Test
  void aClientWithNothingRunningTakesAPlaceOfTheRichest() {
    SchedulerWorld world =
        new SchedulerWorld(limits(3, 10, 64), new FakeRoom(0, 0), (g, p) -> 1000);
    for (long id = 1; id <= 3; id++) {
      world.submit(ticket(id, ANN, 4, 8));
    }
    world.step();
    world.step();
    world.submit(ticket(4, BOB, 4, 8));
    assertThat(world.step()).extracting(Slice::id).containsExactlyInAnyOrder(1L, 2L, 4L);
    assertThat(world.preemptions).isEqualTo(1);
    world.apply(world.scheduler.cancel(4));
    assertThat(world.step())
        .as("goes on where it was, without being heard of again")
        .containsExactlyInAnyOrder(Slice.generated(1), Slice.generated(2), Slice.repeated(3, 0, 5));
    assertThat(world.step())
        .containsExactlyInAnyOrder(Slice.generated(1), Slice.generated(2), Slice.generated(3));
  }

  @Test
  void whatCanNeverFitIsRefusedWithBothSizes() {
    Scheduler scheduler = new Scheduler(limits(9, 9, 64), new FakeRoom(4, 10));
    assertThat(scheduler.submit(new Ticket(1, ANN, 20, 20, 8, Ticket.NO_DEADLINE), 0))
        .containsExactly(new Action.Start(1));
    assertThat(scheduler.submit(new Ticket(2, ANN, 20, 21, 8, Ticket.NO_DEADLINE), 0))
        .singleElement()
        .isInstanceOfSatisfying(
            Action.Fail.class,
            fail -> {
              assertThat(fail.ending().kind()).isEqualTo(Kind.INVALID);
              assertThat(fail.ending().message()).contains("110", "100", "router.kvCacheBytes");
            });
  }

  @Test
  void beginsWhenItsPromptAndALittleMoreFitInTheOrderOfArrival() {
    FakeRoom room = new FakeRoom(64, 10);
    Scheduler scheduler = new Scheduler(limits(9, 9, 640), room);
    assertThat(scheduler.submit(new Ticket(1, ANN, 256, 300, 640, Ticket.NO_DEADLINE), 0))
        .as("5 of 10 blocks are spoken for")
        .containsExactly(new Action.Start(1));
    assertThat(scheduler.submit(new Ticket(2, ANN, 320, 20, 640, Ticket.NO_DEADLINE), 0))
        .as("needs 6")
        .isEmpty();
    assertThat(scheduler.submit(new Ticket(3, ANN, 1, 1, 640, Ticket.NO_DEADLINE), 0))
        .as("does not overtake")
        .isEmpty();
    scheduler.cancel(1);
    assertThat(scheduler.plan().actions())
        .containsExactly(new Action.Start(2), new Action.Start(3));
  }

  @Test
  void theLastThatBeganGivesWayWhenMemoryIsShortAndComesBack() {
    SchedulerWorld world =
        new SchedulerWorld(limits(9, 9, 640), new FakeRoom(1, 200), (g, p) -> 1000);
    SchedulerWorld.Life first = world.submit(new Ticket(1, ANN, 10, 180, 64, Ticket.NO_DEADLINE));
    SchedulerWorld.Life second = world.submit(new Ticket(2, ANN, 10, 150, 64, Ticket.NO_DEADLINE));
    world.drain(900);
    assertThat(world.preemptions).isEqualTo(1);
    assertThat(first.starts).isEqualTo(1);
    assertThat(second.starts).isEqualTo(2);
    assertThat(first.generated).isEqualTo(180);
    assertThat(second.generated).isEqualTo(150);
    assertThat(world.failures).isEmpty();
  }

  @Test
  void aReaderWhoIsBehindGivesWayFirstAndLetsOthersPass() {
    SchedulerWorld world =
        new SchedulerWorld(limits(9, 9, 640), new FakeRoom(1, 100), (g, p) -> 1000);
    SchedulerWorld.Life slow = world.submit(new Ticket(1, ANN, 30, 60, 64, Ticket.NO_DEADLINE));
    world.submit(new Ticket(2, ANN, 10, 80, 64, Ticket.NO_DEADLINE));
    world.step();
    world.scheduler.pause(1, world.now);
    while (world.lives.get(2L).ends == 0) {
      world.step();
    }
    assertThat(slow.running).isFalse();
    world.submit(new Ticket(3, ANN, 10, 2, 64, Ticket.NO_DEADLINE));
    world.step();
    assertThat(world.lives.get(3L).starts).isEqualTo(1);
    world.scheduler.resume(1);
    world.drain(100);
    assertThat(slow.generated).isEqualTo(60);
  }

  @Test
  void memoryThatIsGoneThoughItWasCountedEndsTheOnlyRequest() {
    FakeRoom room = new FakeRoom(1, 10_000);
    Scheduler scheduler = new Scheduler(limits(9, 9, 640), room);
    scheduler.submit(ticket(1, 10, 64), 0);
    room.holds(99, 10_000);
    assertThat(messages(scheduler.plan().actions()))
        .singleElement()
        .asString()
        .startsWith("1 FAILED no memory is left");
  }

  @Test
  void aDeadlineEndsTheQueuedAndTheRunning() {
    Scheduler scheduler = scheduler(1, 1, 8);
    scheduler.submit(late(1, 20, 5 * SECOND), 0);
    scheduler.submit(late(2, 20, 3 * SECOND), 0);
    go(scheduler, plan(scheduler));
    assertThat(scheduler.nextTimerNanos()).hasValue(3 * SECOND);
    assertThat(scheduler.expire(3 * SECOND - 1)).isEmpty();
    assertThat(messages(scheduler.expire(3 * SECOND)))
        .containsExactly("2 DEADLINE the request's deadline passed while it was queued");
    assertThat(messages(scheduler.expire(5 * SECOND)))
        .containsExactly("1 DEADLINE the request's deadline passed after 8 of 20 prompt tokens");
    assertThat(scheduler.idle()).isTrue();
    assertThat(scheduler.nextTimerNanos()).isEmpty();
  }

  @Test
  void aDeadlineThatHasPassedIsNeverBegun() {
    Scheduler scheduler = scheduler(1, 0, 8);
    assertThat(messages(scheduler.submit(late(1, 1, 5), 6)))
        .containsExactly("1 DEADLINE the request's deadline passed before it was begun");
  }

  @Test
  void aClockThatWrapsKeepsItsDeadlines() {
    Scheduler scheduler = scheduler(1, 0, 8);
    long near = Long.MAX_VALUE - 10;
    assertThat(scheduler.submit(late(1, 1, near + 100), near)).hasSize(1);
    assertThat(scheduler.expire(near + 50)).isEmpty();
    assertThat(scheduler.expire(near + 100)).hasSize(1);
  }

  @Test
  void aPausedRequestIsLeftOutUntilItsReaderCatchesUp() {
    Scheduler scheduler = scheduler(2, 0, 8);
    scheduler.submit(ticket(1, 1, 1), 0);
    scheduler.submit(ticket(2, 1, 1), 0);
    go(scheduler, plan(scheduler));
    scheduler.pause(1, SECOND);
    assertThat(plan(scheduler)).extracting(Slice::id).containsExactly(2L);
    scheduler.completed(List.of(new Outcome.Finished(2)));
    assertThat(plan(scheduler)).isEmpty();
    scheduler.resume(1);
    assertThat(plan(scheduler)).extracting(Slice::id).containsExactly(1L);
  }

  @Test
  void aReaderThatTakesNothingIsEnded() {
    Scheduler scheduler = scheduler(1, 0, 8);
    scheduler.submit(ticket(1, 1, 1), 0);
    scheduler.pause(1, SECOND);
    assertThat(scheduler.nextTimerNanos()).hasValue(31 * SECOND);
    assertThat(scheduler.expire(31 * SECOND - 1)).isEmpty();
    assertThat(messages(scheduler.expire(31 * SECOND)))
        .containsExactly("1 STALLED the reader of this stream took nothing for 30000 ms");
  }

  @Test
  void aFailureEndsItsRequestAlone() {
    Scheduler scheduler = scheduler(2, 0, 8);
    scheduler.submit(ticket(1, 1, 1), 0);
    scheduler.submit(ticket(2, 1, 1), 0);
    plan(scheduler);
    Ending gone = new Ending(Kind.UNAVAILABLE, "gone");
    assertThat(scheduler.completed(List.of(new Outcome.Failed(1, gone), new Outcome.Continues(2))))
        .containsExactly(new Action.Fail(1, gone));
    assertThat(plan(scheduler)).extracting(Slice::id).containsExactly(2L);
  }

  @Test
  void aStepThatFoundNoMemoryIsPlannedAgain() {
    Scheduler scheduler = scheduler(2, 0, 8);
    scheduler.submit(ticket(1, 1, 1), 0);
    scheduler.submit(ticket(2, 1, 1), 0);
    plan(scheduler);
    assertThat(scheduler.noRoom()).containsExactly(new Action.Preempt(2));
    assertThat(scheduler.plan().actions()).containsExactly(new Action.Start(2));
    plan(scheduler);
    scheduler.cancel(2);
    assertThat(messages(scheduler.noRoom()))
        .singleElement()
        .asString()
        .startsWith("1 FAILED no memory is left for the keys and values of request 1");
  }

  @Test
  void anOutcomeOfACancelledRequestIsIgnored() {
    Scheduler scheduler = scheduler(1, 0, 8);
    scheduler.submit(ticket(1, 1, 1), 0);
    plan(scheduler);
    assertThat(scheduler.cancel(1)).hasSize(1);
    assertThat(scheduler.completed(List.of(new Outcome.Finished(1)))).isEmpty();
    assertThat(scheduler.cancel(1)).isEmpty();
  }

  @Test
  void stoppingEndsEverything() {
    Scheduler scheduler = scheduler(1, 5, 8);
    for (long id = 1; id <= 3; id++) {
      scheduler.submit(ticket(id, 1, 1), 0);
    }
    assertThat(scheduler.stop(Ending.STOPPING)).extracting(Action::id).containsExactly(1L, 2L, 3L);
    assertThat(scheduler.idle()).isTrue();
  }

  private static List<String> messages(List<Action> actions) {
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
