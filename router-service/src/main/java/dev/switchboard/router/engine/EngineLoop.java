package dev.switchboard.router.engine;

import dev.switchboard.model.ForwardPass;
import dev.switchboard.model.RoutingTrace;
import dev.switchboard.model.SequenceState;
import dev.switchboard.model.StepResult;
import dev.switchboard.model.StepSegment;
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

  /** A request that is here, and once it runs its run and its state. */
  private static final class Live {
    final EngineRequest request;
    final RequestSink sink;
    @Nullable SequenceRun run;
    @Nullable SequenceState state;

    Live(EngineRequest request, RequestSink sink) {
      this.request = request;
      this.sink = sink;
    }
  }

  private final Scheduler scheduler;
  private final EngineModel model;
  private final ForwardPass pass;
  private final PassCounters counters;
  private final LongSupplier clock;
  private final Map<Long, Live> live = new HashMap<>();
  // Last words of requests that are complete: said once the books are right.
  private final List<Runnable> lastWords = new ArrayList<>();
  private Command.@Nullable Stop stopping;
  private volatile int running;
  private volatile int queued;

  EngineLoop(SchedulerLimits limits, EngineModel model, PassCounters counters, LongSupplier clock) {
    this.scheduler = new Scheduler(limits);
    this.model = model;
    this.pass = model.forwardPass();
    this.counters = counters;
    this.clock = clock;
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
    }
  }

  private void submit(Command.Submit submit) {
    if (stopping != null) {
      submit.sink().failed(Ending.STOPPING);
      return;
    }
    EngineRequest request = submit.request();
    live.put(submit.id(), new Live(request, submit.sink()));
    Ticket ticket =
        new Ticket(
            submit.id(),
            request.prompt().length,
            request.chunkTokens(),
            request.work() instanceof Work.Generate,
            request.deadlineNanos(),
            model.memoryBytes(request));
    List<Action> actions = scheduler.submit(ticket, clock.getAsLong());
    keepBooks();
    if (actions.stream().noneMatch(a -> a instanceof Action.Fail)) {
      submit.sink().admitted();
    }
    apply(actions);
  }

  /** Ends everything: nothing more will be computed. */
  void abandon(Ending ending) {
    lastWords.forEach(Runnable::run);
    lastWords.clear();
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
    List<Slice> slices = scheduler.plan();
    if (slices.isEmpty()) {
      return false;
    }
    apply(scheduler.completed(outcomes(slices)));
    lastWords.forEach(Runnable::run);
    lastWords.clear();
    pauseTheSlow(slices);
    return true;
  }

  private List<Outcome> outcomes(List<Slice> slices) {
    List<StepSegment> segments = new ArrayList<>(slices.size());
    for (Slice slice : slices) {
      Live request = running(slice.id());
      SequenceRun run = Objects.requireNonNull(request.run);
      segments.add(
          new StepSegment(
              Objects.requireNonNull(request.state), run.tokens(slice), run.logits(slice)));
    }
    StepResult result;
    try {
      result = pass.run(segments);
    } catch (RuntimeException e) {
      LOG.error("a step of {} requests failed", slices.size(), e);
      Ending ending = new Ending(Kind.FAILED, "the step failed: " + e);
      return slices.stream().<Outcome>map(s -> new Outcome.Failed(s.id(), ending)).toList();
    }
    return new StepOutcomes(model, slices, result).collect(counters, this::passed);
  }

  private Outcome passed(Slice slice, float @Nullable [] logits, RoutingTrace choices) {
    SequenceRun run = Objects.requireNonNull(running(slice.id()).run);
    try {
      Runnable last = run.passed(slice, logits, choices, clock.getAsLong());
      if (last == null) {
        return new Outcome.Continues(slice.id());
      }
      lastWords.add(() -> say(run, last));
      end(slice.id());
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
      }
    }
  }

  private void apply(List<Action> actions) {
    keepBooks();
    for (Action action : actions) {
      switch (action) {
        case Action.Start start -> start(start.id());
        case Action.Fail fail -> {
          Live request = end(fail.id());
          if (request != null) {
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
      case REJECTED, CANCELLED, DEADLINE, STOPPING, INVALID ->
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
    request.run = newRun(request);
    SequenceState state = model.newSequence(id, request.request);
    request.state = state;
    scheduler.skip(id, Math.toIntExact(state.position()));
  }

  private SequenceRun newRun(Live live) {
    EngineRequest request = live.request;
    return switch (request.work()) {
      case Work.Generate generate ->
          new GenerationRun(request, generate, live.sink, model, clock.getAsLong());
      case Work.Route route -> new RouteRun(request, route, live.sink, model);
    };
  }

  /** Frees what the request holds. */
  private @Nullable Live end(long id) {
    Live request = live.remove(id);
    if (request != null && request.state != null) {
      request.state.close();
      model.release(id);
    }
    return request;
  }
}
