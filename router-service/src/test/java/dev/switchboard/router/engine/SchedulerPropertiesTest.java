package dev.switchboard.router.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.router.engine.SchedulerWorld.Life;
import java.time.Duration;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Random lives: whatever happens in whatever order, the promises hold. */
class SchedulerPropertiesTest {
  private static final long MILLIS = 1_000_000;

  private static SchedulerLimits limits(int running, int queued, int stepTokens) {
    return new SchedulerLimits(
        running, queued, stepTokens, Duration.ofMillis(100), 0, Duration.ofNanos(50));
  }

  private static Ticket drawn(long id, Random random, long deadlineNanos) {
    return new Ticket(
        id,
        "client-" + random.nextInt(3),
        1 + random.nextInt(20),
        random.nextInt(4) == 0 ? 0 : 1 + random.nextInt(12),
        1 + random.nextInt(8),
        deadlineNanos);
  }

  @Property(tries = 300)
  void everyRequestEndsOnceAndEveryStepKeepsItsBounds(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 5) int running,
      @ForAll @IntRange(min = 0, max = 4) int queued,
      @ForAll @IntRange(min = 1, max = 9) int stepTokens,
      @ForAll @IntRange(min = 16, max = 60) int blocks) {
    Random random = new Random(seed);
    SchedulerWorld world =
        new SchedulerWorld(
            limits(running, queued, stepTokens), new FakeRoom(2, blocks), (g, p) -> 1);
    for (long id = 0; id < 200; id++) {
      world.now += random.nextInt(5);
      event(world, random, id);
      world.step(life -> random.nextInt(6) == 0 || life.generated >= life.ticket.newTokens());
      assertThat(world.scheduler.running()).isLessThanOrEqualTo(running);
      long fresh = world.lives.values().stream().filter(l -> l.ends == 0 && l.starts == 0).count();
      assertThat(fresh).isLessThanOrEqualTo(queued);
    }
    world.lives.keySet().forEach(world.scheduler::resume);
    world.drain(10_000);
    assertThat(world.lives.values()).allMatch(life -> life.ends == 1);
  }

  private static void event(SchedulerWorld world, Random random, long id) {
    long any = random.nextLong(id + 1);
    switch (random.nextInt(8)) {
      case 0, 1, 2 ->
          world.submit(
              drawn(
                  id,
                  random,
                  random.nextInt(3) == 0 ? world.now + random.nextInt(60) : Ticket.NO_DEADLINE));
      case 3 -> world.apply(world.scheduler.cancel(any));
      case 4 -> world.scheduler.pause(any, world.now);
      case 5 -> world.scheduler.resume(any);
      default -> world.apply(world.scheduler.expire(world.now));
    }
  }

  /** However short memory is: nobody is lost, and everybody gets all tokens, each once. */
  @Property(tries = 200)
  void givingUpStatesDisturbsNobody(
      @ForAll long seed, @ForAll @IntRange(min = 16, max = 40) int blocks) {
    Random random = new Random(seed);
    SchedulerWorld world =
        new SchedulerWorld(limits(8, 100, 16), new FakeRoom(2, blocks), (g, p) -> 1);
    for (long id = 0; id < 30; id++) {
      world.submit(drawn(id, random, Ticket.NO_DEADLINE));
      world.step();
    }
    world.drain(20_000);
    assertThat(world.failures).isEmpty();
    for (Life life : world.lives.values()) {
      assertThat(life.generated).isEqualTo(life.ticket.newTokens());
      assertThat(life.heard)
          .isEqualTo(life.ticket.promptTokens() + Math.max(0, life.ticket.newTokens() - 1));
    }
  }

  /** Requests that generate; those whose state was given up read first what they had. */
  @Property(tries = 100)
  void whoGeneratesIsServedInEveryStep(@ForAll long seed) {
    Random random = new Random(seed);
    SchedulerWorld world = new SchedulerWorld(limits(8, 100, 16), new FakeRoom(0, 0), (g, p) -> 1);
    for (long id = 0; id < 100; id++) {
      if (random.nextInt(3) == 0) {
        world.submit(drawn(id, random, Ticket.NO_DEADLINE));
      }
      world.step();
      for (Life life : world.lives.values()) {
        boolean repeats = life.rowsInState < life.heard;
        if (life.running && life.ends == 0 && life.generated > 0 && !repeats) {
          assertThat(life.lastSliceStep).isEqualTo(world.steps);
        }
      }
    }
  }

  /**
   * One client's single request among another's many long prompts: it gets its share of each step,
   * so it waits no longer than if there were one other prompt.
   */
  @Property(tries = 50)
  void manyPromptsOfOneClientDoNotHoldUpAnother(
      @ForAll @IntRange(min = 1, max = 63) int others,
      @ForAll @IntRange(min = 1, max = 400) int prompt) {
    SchedulerWorld world = new SchedulerWorld(limits(64, 256, 64), new FakeRoom(0, 0), (g, p) -> 1);
    for (long id = 0; id < others; id++) {
      world.submit(new Ticket(id, "many", 5000, 10, 64, Ticket.NO_DEADLINE));
    }
    world.step();
    Life single = world.submit(new Ticket(999, "one", prompt, 10, 64, Ticket.NO_DEADLINE));
    long begun = world.steps;
    while (single.generated == 0) {
      world.step();
    }
    assertThat(world.steps - begun).isLessThanOrEqualTo(prompt / 32 + 2);
  }

  /**
   * On a machine that reads all weights for a single row and then needs so much a row: once the
   * costs are known, prompts make no step longer than they may, and yet they are read.
   */
  @Property(tries = 50)
  void promptsDelayGenerationNoLongerThanTheyMay(
      @ForAll @IntRange(min = 1, max = 60) int weightsMillis,
      @ForAll @IntRange(min = 10, max = 5000) int rowMicros) {
    SchedulerWorld world =
        new SchedulerWorld(
            limits(64, 256, 512),
            new FakeRoom(0, 0),
            (g, p) ->
                g * 2 * MILLIS + (p > 0 ? weightsMillis * MILLIS + p * rowMicros * 1000L : 0));
    Life talker = world.submit(new Ticket(1, "a", 4, 4000, 512, Ticket.NO_DEADLINE));
    for (int i = 0; i < 20; i++) {
      world.step();
    }
    Life reader = world.submit(new Ticket(2, "b", 30_000, 1, 512, Ticket.NO_DEADLINE));
    for (int i = 0; i < 60; i++) {
      world.step();
    }
    talker.longestGapNanos = 0;
    int read = reader.heard;
    for (int i = 0; i < 40 && reader.ends == 0; i++) {
      world.step();
    }
    assertThat(talker.longestGapNanos).isLessThanOrEqualTo((100 + 4 + 5) * MILLIS);
    if (reader.ends == 0) {
      double affordable = (100 - weightsMillis) * 1000.0 / rowMicros;
      assertThat(reader.heard - read).isGreaterThan((int) (40 * Math.min(512, affordable) / 2.5));
    }
  }

  /** Where a single row takes longer than prompts may: rows that cost next to nothing go along. */
  @Property(tries = 20)
  void promptsAreReadEvenWhereOneRowTakesTooLong(
      @ForAll @IntRange(min = 150, max = 2000) int weightsMillis) {
    SchedulerWorld world =
        new SchedulerWorld(
            limits(64, 256, 512),
            new FakeRoom(0, 0),
            (g, p) -> g * 2 * MILLIS + (p > 0 ? weightsMillis * MILLIS + p * MILLIS / 10 : 0));
    world.submit(new Ticket(1, "a", 4, 4000, 512, Ticket.NO_DEADLINE));
    world.step();
    Life reader = world.submit(new Ticket(2, "b", 30_000, 1, 512, Ticket.NO_DEADLINE));
    for (int i = 0; i < 60; i++) {
      world.step();
    }
    int read = reader.heard;
    for (int i = 0; i < 20; i++) {
      world.step();
    }
    assertThat(reader.heard - read).isGreaterThan(20 * 64);
  }
}
