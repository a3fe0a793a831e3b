package dev.switchboard.router.engine;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.router.engine.Ending.Kind;
import dev.switchboard.router.engine.Scheduler.Action;
import dev.switchboard.router.engine.Scheduler.Outcome;
import java.time.Duration;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Random;
import net.jqwik.api.ForAll;
import net.jqwik.api.Property;
import net.jqwik.api.constraints.IntRange;

/** Random lives: whatever happens in whatever order, the promises hold. */
class SchedulerPropertiesTest {
  private static final long BYTES = 100;

  private static final class Model {
    final Map<Long, Ticket> tickets = new HashMap<>();
    final Map<Long, Integer> read = new HashMap<>();
    final Map<Long, Integer> generated = new HashMap<>();
    final Map<Long, Integer> ends = new HashMap<>();
    final Map<Long, Integer> starts = new HashMap<>();

    /** By what began and has not ended. */
    long reserved() {
      return starts.keySet().stream()
          .filter(id -> !ends.containsKey(id))
          .mapToLong(id -> tickets.get(id).memoryBytes())
          .sum();
    }

    void apply(List<Action> actions) {
      for (Action action : actions) {
        switch (action) {
          case Action.Start s -> starts.merge(s.id(), 1, Integer::sum);
          case Action.Fail f -> ends.merge(f.id(), 1, Integer::sum);
        }
      }
    }
  }

  @Property(tries = 300)
  void everyRequestEndsOnceAndEveryStepKeepsItsBounds(
      @ForAll long seed,
      @ForAll @IntRange(min = 1, max = 5) int running,
      @ForAll @IntRange(min = 0, max = 4) int queued,
      @ForAll @IntRange(min = 1, max = 9) int stepTokens) {
    Random random = new Random(seed);
    Scheduler scheduler =
        new Scheduler(
            new SchedulerLimits(running, queued, stepTokens, BYTES, Duration.ofNanos(50)));
    Model model = new Model();
    long now = 0;
    for (long id = 0; id < 200; id++) {
      now += random.nextInt(5);
      event(scheduler, model, random, id, now);
      step(scheduler, model, random, stepTokens);
      assertThat(scheduler.running()).isLessThanOrEqualTo(running);
      assertThat(scheduler.queued()).isLessThanOrEqualTo(queued);
      assertThat(model.reserved()).isLessThanOrEqualTo(BYTES);
    }
    drain(scheduler, model, random, stepTokens);
    assertThat(model.ends.keySet()).containsExactlyInAnyOrderElementsOf(model.tickets.keySet());
    assertThat(model.ends.values()).containsOnly(1);
    assertThat(model.starts.values()).allMatch(n -> n == 1);
  }

  private static void event(Scheduler scheduler, Model model, Random random, long id, long now) {
    long any = random.nextLong(id + 1);
    switch (random.nextInt(8)) {
      case 0, 1, 2 -> {
        long deadline = random.nextInt(3) == 0 ? now + random.nextInt(60) : Ticket.NO_DEADLINE;
        Ticket ticket =
            new Ticket(
                id,
                1 + random.nextInt(20),
                1 + random.nextInt(8),
                random.nextInt(4) > 0,
                deadline,
                random.nextLong(BYTES + 10));
        model.tickets.put(id, ticket);
        model.apply(scheduler.submit(ticket, now));
      }
      case 3 -> model.apply(scheduler.cancel(any));
      case 4 -> scheduler.pause(any, now);
      case 5 -> scheduler.resume(any);
      default -> model.apply(scheduler.expire(now));
    }
  }

  private static void step(Scheduler scheduler, Model model, Random random, int stepTokens) {
    List<Slice> plan = scheduler.plan();
    assertThat(plan.stream().mapToInt(Slice::rows).sum()).isLessThanOrEqualTo(stepTokens);
    assertThat(plan.stream().map(Slice::id).distinct().count()).isEqualTo(plan.size());
    List<Outcome> outcomes = new ArrayList<>();
    for (Slice slice : plan) {
      assertThat(model.ends).doesNotContainKey(slice.id());
      assertThat(model.starts).containsKey(slice.id());
      outcomes.add(outcome(model, slice, random));
    }
    model.apply(scheduler.completed(outcomes));
  }

  private static Outcome outcome(Model model, Slice slice, Random random) {
    Ticket ticket = model.tickets.get(slice.id());
    int read = model.read.getOrDefault(slice.id(), 0);
    if (slice.isPrompt()) {
      assertThat(slice.firstRow()).isEqualTo(read);
      assertThat(slice.rows()).isBetween(1, ticket.chunkTokens());
      read += slice.rows();
      model.read.put(slice.id(), read);
      assertThat(read).isLessThanOrEqualTo(ticket.promptTokens());
      assertThat(slice.wantsLogits())
          .isEqualTo(ticket.generates() && read == ticket.promptTokens());
    } else {
      assertThat(ticket.generates()).isTrue();
      assertThat(read).isEqualTo(ticket.promptTokens());
      model.generated.merge(slice.id(), 1, Integer::sum);
    }
    boolean over = read == ticket.promptTokens() && (!ticket.generates() || random.nextInt(6) == 0);
    if (over) {
      model.ends.merge(slice.id(), 1, Integer::sum);
      return new Outcome.Finished(slice.id());
    }
    return random.nextInt(30) == 0
        ? new Outcome.Failed(slice.id(), new Ending(Kind.FAILED, "drawn"))
        : new Outcome.Continues(slice.id());
  }

  private static void drain(Scheduler scheduler, Model model, Random random, int stepTokens) {
    for (long id : model.tickets.keySet()) {
      scheduler.resume(id);
    }
    int patience = 10_000;
    while (!scheduler.idle() && patience-- > 0) {
      step(scheduler, model, random, stepTokens);
    }
    assertThat(scheduler.idle()).as("nothing starves").isTrue();
  }
}
