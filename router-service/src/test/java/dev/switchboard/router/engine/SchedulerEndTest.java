package dev.switchboard.router.engine;

import static dev.switchboard.router.engine.SchedulerSteps.SECOND;
import static dev.switchboard.router.engine.SchedulerSteps.go;
import static dev.switchboard.router.engine.SchedulerSteps.late;
import static dev.switchboard.router.engine.SchedulerSteps.messages;
import static dev.switchboard.router.engine.SchedulerSteps.plan;
import static dev.switchboard.router.engine.SchedulerSteps.scheduler;
import static dev.switchboard.router.engine.SchedulerSteps.ticket;
import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.router.engine.Ending.Kind;
import dev.switchboard.router.engine.Scheduler.Action;
import dev.switchboard.router.engine.Scheduler.Outcome;
import java.util.List;
import org.junit.jupiter.api.Test;

/** How requests end, and how they wait. */
class SchedulerEndTest {
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
}
