package dev.switchboard.router.engine;

import static dev.switchboard.router.engine.SchedulerSteps.ANN;
import static dev.switchboard.router.engine.SchedulerSteps.BOB;
import static dev.switchboard.router.engine.SchedulerSteps.limits;
import static dev.switchboard.router.engine.SchedulerSteps.messages;
import static dev.switchboard.router.engine.SchedulerSteps.plan;
import static dev.switchboard.router.engine.SchedulerSteps.scheduler;
import static dev.switchboard.router.engine.SchedulerSteps.ticket;
import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.router.engine.Ending.Kind;
import dev.switchboard.router.engine.Scheduler.Action;
import org.junit.jupiter.api.Test;

/** Requests that share a memory which is too small for all of them. */
class SchedulerMemoryTest {
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
}
