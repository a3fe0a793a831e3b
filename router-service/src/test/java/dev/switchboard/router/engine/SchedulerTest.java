package dev.switchboard.router.engine;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.router.engine.Ending.Kind;
import dev.switchboard.router.engine.Scheduler.Action;
import dev.switchboard.router.engine.Scheduler.Outcome;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.Test;

class SchedulerTest {
  private static final long SECOND = 1_000_000_000L;

  private static Scheduler scheduler(int running, int queued, int stepTokens) {
    return scheduler(running, queued, stepTokens, 0);
  }

  private static Scheduler scheduler(int running, int queued, int stepTokens, long bytes) {
    return new Scheduler(
        new SchedulerLimits(running, queued, stepTokens, bytes, Duration.ofSeconds(30)));
  }

  private static Ticket ticket(long id, int prompt, int chunk) {
    return new Ticket(id, prompt, chunk, true, Ticket.NO_DEADLINE, 0);
  }

  private static Ticket sized(long id, long bytes) {
    return new Ticket(id, 1, 1, true, Ticket.NO_DEADLINE, bytes);
  }

  private static void go(Scheduler scheduler, List<Slice> slices) {
    scheduler.completed(slices.stream().map(s -> new Outcome.Continues(s.id())).toList());
  }

  @Test
  void readsAPromptInChunksAndThenGenerates() {
    Scheduler scheduler = scheduler(1, 0, 64);
    assertThat(scheduler.submit(ticket(1, 10, 4), 0)).containsExactly(new Action.Start(1));
    for (Slice expected :
        List.of(
            new Slice(1, 0, 4, false),
            new Slice(1, 4, 4, false),
            new Slice(1, 8, 2, true),
            new Slice(1, -1, 1, true),
            new Slice(1, -1, 1, true))) {
      List<Slice> plan = scheduler.plan();
      assertThat(plan).containsExactly(expected);
      go(scheduler, plan);
    }
    assertThat(scheduler.plan()).hasSize(1);
    assertThat(scheduler.completed(List.of(new Outcome.Finished(1)))).isEmpty();
    assertThat(scheduler.idle()).isTrue();
  }

  @Test
  void aPromptAloneNeverWantsLogits() {
    Scheduler scheduler = scheduler(1, 0, 64);
    scheduler.submit(new Ticket(1, 3, 2, false, Ticket.NO_DEADLINE, 0), 0);
    List<Slice> first = scheduler.plan();
    assertThat(first).containsExactly(new Slice(1, 0, 2, false));
    go(scheduler, first);
    assertThat(scheduler.plan()).containsExactly(new Slice(1, 2, 1, false));
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
              assertThat(fail.ending().message()).contains("1 requests run and 1 wait");
            });
    assertThat(scheduler.cancel(1))
        .containsExactly(new Action.Fail(1, Ending.CANCELLED), new Action.Start(2));
  }

  @Test
  void beginsWhenTheMemoryIsFreeInTheOrderOfArrival() {
    Scheduler scheduler = scheduler(9, 2, 64, 100);
    assertThat(scheduler.submit(sized(1, 60), 0)).containsExactly(new Action.Start(1));
    assertThat(scheduler.submit(sized(2, 41), 0)).isEmpty();
    assertThat(scheduler.submit(sized(3, 10), 0)).as("does not overtake").isEmpty();
    assertThat(scheduler.submit(sized(4, 10), 0))
        .singleElement()
        .isInstanceOfSatisfying(
            Action.Fail.class, fail -> assertThat(fail.ending().kind()).isEqualTo(Kind.REJECTED));
    assertThat(scheduler.cancel(1))
        .containsExactly(
            new Action.Fail(1, Ending.CANCELLED), new Action.Start(2), new Action.Start(3));
    assertThat(scheduler.submit(sized(5, 49), 0)).containsExactly(new Action.Start(5));
    assertThat(scheduler.submit(sized(6, 1), 0)).as("all of it is reserved").isEmpty();
  }

  @Test
  void rowsThatOthersHaveReadAreSkipped() {
    Scheduler scheduler = scheduler(1, 0, 64);
    scheduler.submit(ticket(1, 10, 4), 0);
    scheduler.skip(1, 7);
    assertThat(scheduler.plan()).containsExactly(new Slice(1, 7, 3, true));
    assertThatThrownBy(() -> scheduler.skip(1, 10)).hasMessageContaining("skip 10");
  }

  @Test
  void whatCanNeverFitIsRefusedWithBothSizes() {
    Scheduler scheduler = scheduler(9, 9, 64, 100);
    assertThat(scheduler.submit(sized(1, 101), 0))
        .singleElement()
        .isInstanceOfSatisfying(
            Action.Fail.class,
            fail -> {
              assertThat(fail.ending().kind()).isEqualTo(Kind.INVALID);
              assertThat(fail.ending().message()).contains("101", "100", "router.kvCacheBytes");
            });
    assertThat(scheduler.idle()).isTrue();
  }

  @Test
  void generatesFirstFillsUpWithPromptsAndKeepsARowForThem() {
    Scheduler scheduler = scheduler(4, 0, 3);
    for (long id = 1; id <= 3; id++) {
      scheduler.submit(ticket(id, 1, 8), 0);
    }
    go(scheduler, scheduler.plan());
    scheduler.submit(ticket(4, 20, 8), 0);
    List<Slice> plan = scheduler.plan();
    assertThat(plan)
        .containsExactly(
            new Slice(1, -1, 1, true), new Slice(2, -1, 1, true), new Slice(4, 0, 1, false));
    go(scheduler, plan);
    assertThat(scheduler.plan())
        .as("who was left out is next")
        .containsExactly(
            new Slice(3, -1, 1, true), new Slice(1, -1, 1, true), new Slice(4, 1, 1, false));
  }

  @Test
  void promptsTakeTurns() {
    Scheduler scheduler = scheduler(3, 0, 8);
    scheduler.submit(ticket(1, 100, 8), 0);
    scheduler.submit(ticket(2, 100, 8), 0);
    scheduler.submit(ticket(3, 100, 4), 0);
    List<List<Long>> turns = new java.util.ArrayList<>();
    for (int i = 0; i < 4; i++) {
      List<Slice> plan = scheduler.plan();
      turns.add(plan.stream().map(Slice::id).toList());
      go(scheduler, plan);
    }
    assertThat(turns).containsExactly(List.of(1L), List.of(2L), List.of(3L, 1L), List.of(2L));
  }

  @Test
  void aDeadlineEndsTheQueuedAndTheRunning() {
    Scheduler scheduler = scheduler(1, 1, 8);
    scheduler.submit(new Ticket(1, 20, 8, true, 5 * SECOND, 0), 0);
    scheduler.submit(new Ticket(2, 20, 8, true, 3 * SECOND, 0), 0);
    go(scheduler, scheduler.plan());
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
    assertThat(messages(scheduler.submit(new Ticket(1, 1, 1, true, 5, 0), 6)))
        .containsExactly("1 DEADLINE the request's deadline passed before it was begun");
  }

  @Test
  void aClockThatWrapsKeepsItsDeadlines() {
    Scheduler scheduler = scheduler(1, 0, 8);
    long late = Long.MAX_VALUE - 10;
    assertThat(scheduler.submit(new Ticket(1, 1, 1, true, late + 100, 0), late)).hasSize(1);
    assertThat(scheduler.expire(late + 50)).isEmpty();
    assertThat(scheduler.expire(late + 100)).hasSize(1);
  }

  @Test
  void aPausedRequestIsLeftOutUntilItsReaderCatchesUp() {
    Scheduler scheduler = scheduler(2, 0, 8);
    scheduler.submit(ticket(1, 1, 1), 0);
    scheduler.submit(ticket(2, 1, 1), 0);
    go(scheduler, scheduler.plan());
    scheduler.pause(1, SECOND);
    assertThat(scheduler.plan()).extracting(Slice::id).containsExactly(2L);
    scheduler.completed(List.of(new Outcome.Finished(2)));
    assertThat(scheduler.plan()).isEmpty();
    scheduler.resume(1);
    assertThat(scheduler.plan()).extracting(Slice::id).containsExactly(1L);
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
    scheduler.plan();
    Ending gone = new Ending(Kind.UNAVAILABLE, "gone");
    assertThat(scheduler.completed(List.of(new Outcome.Failed(1, gone), new Outcome.Continues(2))))
        .containsExactly(new Action.Fail(1, gone));
    assertThat(scheduler.plan()).extracting(Slice::id).containsExactly(2L);
  }

  @Test
  void anOutcomeOfACancelledRequestIsIgnored() {
    Scheduler scheduler = scheduler(1, 0, 8);
    scheduler.submit(ticket(1, 1, 1), 0);
    scheduler.plan();
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
              case Action.Fail f -> f.id() + " " + f.ending().kind() + " " + f.ending().message();
            })
        .toList();
  }
}
