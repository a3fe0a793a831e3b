package dev.switchboard.router.engine;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.RoutingTrace;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
import dev.switchboard.model.StepSegment.Logits;
import dev.switchboard.model.layer.KvCacheFullException;
import dev.switchboard.router.engine.Ending.Kind;
import dev.switchboard.router.engine.Scheduler.Action;
import dev.switchboard.router.engine.Scheduler.Outcome;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.Objects;
import java.util.OptionalLong;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What the engine's thread does: commands to the scheduler, its plan to the forward pass, results
 * to the runs, and what the scheduler decides to the requests. Knows no thread itself; only ever
 * called by one.
 */
final class EngineLoop {
  private static final Logger LOG = LoggerFactory.getLogger(EngineLoop.class);

  private final Scheduler scheduler;
  private final EngineModel model;
  private final ForwardPass pass;
  private final PassCounters passes;
  private final Snapshots snapshots;
  private final EngineCounters counters;
  private final LongSupplier clock;
  private final LongSupplier sequenceIds;
  private final Map<Long, Live> live = new HashMap<>();
  // Last words of requests that are complete: said once the books are right.
  private final List<Runnable> lastWords = new ArrayList<>();
  private Command.@Nullable Stop stopping;
  private volatile int running;
  private volatile int queued;

  /**
   * @param sequenceIds gives each state its own: what a state that was given up left with experts
   *     is not the next one's
   */
  EngineLoop(
      SchedulerLimits limits,
      EngineModel model,
      PassCounters passes,
      LongSupplier clock,
      LongSupplier sequenceIds) {
    this.scheduler = new Scheduler(limits, model.kvRoom());
    this.model = model;
    this.pass = model.forwardPass();
    this.passes = passes;
    this.snapshots = new Snapshots(model);
    this.counters = new EngineCounters();
    this.clock = clock;
    this.sequenceIds = sequenceIds;
  }

  /** For any thread. */
  EngineCounters counters() {
    return counters;
  }

  /** For any thread: right at the moment when a reader hears that its request began or ended. */
  int running() {
    return running;
  }

  /** For any thread. */
  int queued() {
    return queued;
  }

  private void keepBooks() {
    running = scheduler.running();
    queued = scheduler.queued();
  }

  /** Whether a stop was asked for and nothing is left. */
  boolean stopped() {
    return stopping != null && scheduler.idle();
  }

  void handle(Command command) {
    switch (command) {
      case Command.Submit submit -> submit(submit);
      case Command.Cancel cancel -> apply(scheduler.cancel(cancel.id()));
      case Command.Resume resume -> scheduler.resume(resume.id());
      case Command.Stop stop -> stopping = stop;
      case Command.Ask ask -> ask.answer(model.runner());
    }
  }

  private void submit(Command.Submit submit) {
    if (stopping != null) {
      submit.sink().failed(Ending.STOPPING);
      return;
    }
    EngineRequest request = submit.request();
    live.put(submit.id(), new Live(request, submit.sink()));
    List<Action> actions = scheduler.submit(model.ticket(submit.id(), request), clock.getAsLong());
    keepBooks();
    if (actions.stream().noneMatch(a -> a instanceof Action.Fail && a.id() == submit.id())) {
      submit.sink().admitted();
    }
    apply(actions);
  }

  /** Ends everything: nothing more will be computed. */
  void abandon(Ending ending) {
    sayLastWords();
    apply(scheduler.stop(ending));
  }

  /** When there is something to do at the latest though no command comes. */
  OptionalLong nextTimerNanos() {
    OptionalLong timer = scheduler.nextTimerNanos();
    if (stopping == null) {
      return timer;
    }
    long graceEnds = stopping.graceEndsNanos();
    return timer.isPresent() && timer.getAsLong() - graceEnds < 0
        ? timer
        : OptionalLong.of(graceEnds);
  }

  /** Runs one step if there is one. Returns whether there was. */
  boolean step() {
    long now = clock.getAsLong();
    apply(scheduler.expire(now));
    if (stopping != null && stopping.graceEndsNanos() - now <= 0) {
      apply(scheduler.stop(Ending.STOPPING));
    }
    List<Slice> slices = plan();
    sayLastWords();
    if (slices.isEmpty()) {
      return false;
    }
    List<Outcome> outcomes = outcomes(slices);
    apply(outcomes.isEmpty() ? scheduler.noRoom() : scheduler.completed(outcomes));
    sayLastWords();
    pauseTheSlow(slices);
    return true;
  }

  private void sayLastWords() {
    lastWords.forEach(Runnable::run);
    lastWords.clear();
  }

  private List<Slice> plan() {
    Scheduler.Plan plan = scheduler.plan();
    while (!plan.actions().isEmpty()) {
      apply(plan.actions());
      plan = scheduler.plan();
    }
    return plan.slices();
  }

  /** What came of the slices; nothing if the step found no memory. */
  private List<Outcome> outcomes(List<Slice> slices) {
    List<StepSegment> segments = new ArrayList<>(slices.size());
    for (Slice slice : slices) {
      Live request = running(slice.id());
      SequenceRun run = Objects.requireNonNull(request.run);
      Logits logits = slice.isRepeated() ? Logits.NONE : run.logits(slice);
      segments.add(
          new StepSegment(Objects.requireNonNull(request.state), run.tokens(slice), logits));
    }
    StepResult result;
    long begun = clock.getAsLong();
    try {
      result = pass.run(segments);
    } catch (KvCacheFullException e) {
      LOG.warn("a step of {} requests found no memory: {}", slices.size(), e.getMessage());
      return List.of();
    } catch (RuntimeException e) {
      LOG.error("a step of {} requests failed", slices.size(), e);
      Ending ending = new Ending(Kind.FAILED, "the step failed: " + e);
      return slices.stream().<Outcome>map(s -> new Outcome.Failed(s.id(), ending)).toList();
    }
    List<Outcome> outcomes = new StepOutcomes(model, slices, result).collect(passes, this::passed);
    long taken = clock.getAsLong() - begun;
    counters.step(taken);
    scheduler.measured(taken);
    return outcomes;
  }

  private Outcome passed(
      Slice slice, float @Nullable [] logits, RoutingTrace choices, int[] others) {
    counters.passed(slice, running(slice.id()).degraded(choices));
    snapshots.keep(running(slice.id()));
    if (slice.isRepeated()) {
      return new Outcome.Continues(slice.id());
    }
    Live request = running(slice.id());
    SequenceRun run = Objects.requireNonNull(request.run);
    if (others.length > 0) {
      model.watcher().compared(Objects.requireNonNull(request.state).gates(), choices, others);
    }
    try {
      long now = clock.getAsLong();
      Runnable last = run.passed(slice, logits, choices, now);
      if (slice.wantsLogits()) {
        counters.gap(request.tokenGap(now));
      }
      snapshots.passed(request, slice, last != null);
      if (last == null) {
        return new Outcome.Continues(slice.id());
      }
      lastWords.add(() -> say(run, last));
      end(slice.id());
      counters.finished();
      return new Outcome.Finished(slice.id());
    } catch (RuntimeException e) {
      LOG.error("request {} failed", run.name(), e);
      return new Outcome.Failed(slice.id(), new Ending(Kind.FAILED, "the request failed: " + e));
    }
  }

  private static void say(SequenceRun run, Runnable last) {
    try {
      last.run();
    } catch (RuntimeException e) {
      LOG.error("request {} could not be told that it is complete", run.name(), e);
      run.sink().failed(new Ending(Kind.FAILED, "the request failed at its end: " + e));
    }
  }

  private Live running(long id) {
    Live request = live.get(id);
    if (request == null) {
      throw new IllegalStateException("request " + id + " is not here");
    }
    return request;
  }

  private void pauseTheSlow(List<Slice> slices) {
    for (Slice slice : slices) {
      Live request = live.get(slice.id());
      if (request != null && request.sink.behind()) {
        scheduler.pause(slice.id(), clock.getAsLong());
        request.paused();
      }
    }
  }

  private void apply(List<Action> actions) {
    keepBooks();
    for (Action action : actions) {
      switch (action) {
        case Action.Start start -> start(start.id());
        case Action.Preempt preempt -> {
          counters.preempted();
          freeState(running(preempt.id()));
        }
        case Action.Fail fail -> {
          Live request = end(fail.id());
          if (request != null) {
            counters.failed(fail.ending().kind());
            if (fail.ending().kind() == Kind.REJECTED) {
              counters.refused();
            }
            tell(request, fail.ending());
          }
        }
      }
    }
  }

  private static void tell(Live request, Ending ending) {
    switch (ending.kind()) {
      case UNAVAILABLE, FAILED, STALLED ->
          LOG.warn("request {}: {}", request.request.name(), ending.message());
      case REJECTED, CANCELLED, DEADLINE, STOPPING, OVERTAKEN, INVALID ->
          LOG.debug("request {}: {}", request.request.name(), ending.message());
    }
    try {
      request.sink.failed(ending);
    } catch (RuntimeException e) {
      LOG.warn(
          "request {} could not be told that it ended: {}", request.request.name(), e.toString());
    }
  }

  private void start(long id) {
    Live request = running(id);
    boolean again = request.run != null;
    SequenceRun run = request.run == null ? newRun(request) : request.run;
    request.run = run;
    Runnable last = again ? null : run.begin(clock.getAsLong());
    if (last != null) {
      lastWords.add(() -> say(run, last));
      end(id);
      counters.finished();
      scheduler.finish(id);
      keepBooks();
      return;
    }
    Ending problem = snapshots.begin(request, run, sequenceIds);
    if (problem != null) {
      apply(scheduler.fail(id, problem));
      return;
    }
    run.started(Objects.requireNonNull(request.state));
    int rows = Math.toIntExact(Objects.requireNonNull(request.state).position());
    scheduler.skip(id, rows);
    if (!again) {
      counters.prefix(rows);
    }
  }

  private SequenceRun newRun(Live live) {
    EngineRequest request = live.request;
    return switch (request.work()) {
      case Work.Generate generate ->
          new GenerationRun(request, generate, live.sink, model, clock.getAsLong());
      case Work.Route route -> new RouteRun(request, route, live.sink, model);
      case Work.Judge judge -> new JudgeRun(request, live.sink);
    };
  }

  /** Frees what the request holds. */
  private @Nullable Live end(long id) {
    Live request = live.remove(id);
    if (request != null) {
      freeState(request);
    }
    return request;
  }

  private void freeState(Live request) {
    SequenceState state = request.state;
    if (state != null) {
      request.state = null;
      state.close();
      model.release(state.id());
    }
  }
}
