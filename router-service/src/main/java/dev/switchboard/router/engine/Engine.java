package dev.switchboard.router.engine;

import dev.switchboard.model.moe.ExpertMask;
import dev.switchboard.model.moe.MoeCall;
import dev.switchboard.model.moe.MoeOutcome;
import dev.switchboard.router.engine.Ending.Kind;
import java.security.SecureRandom;
import java.time.Duration;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.CompletionStage;
import java.util.concurrent.ConcurrentLinkedQueue;
import java.util.concurrent.CountDownLatch;
import java.util.concurrent.TimeUnit;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.atomic.AtomicLong;
import java.util.concurrent.locks.LockSupport;
import java.util.function.Supplier;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The one thread that computes steps, and the door to it. Any thread may call; requests are told
 * what comes of them on the engine's thread. Submissions that wait at the door are bounded; each
 * request sends at most one cancel and one resume at a time.
 */
public final class Engine implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Engine.class);
  private static final int MAX_AT_THE_DOOR = 4096;

  private final EngineLoop loop;
  private final ConcurrentLinkedQueue<Command> commands = new ConcurrentLinkedQueue<>();
  private final AtomicInteger atTheDoor = new AtomicInteger();
  // States on nodes are keyed by it: two routers must not meet, nor a router and its successor.
  private final AtomicLong nextId = new AtomicLong(new SecureRandom().nextLong());
  private final CountDownLatch ended = new CountDownLatch(1);
  private final Thread thread;
  private final CompletableFuture<Void> broken = new CompletableFuture<>();
  private final GateUses uses;
  private volatile boolean over;

  public Engine(SchedulerLimits limits, EngineModel model, PassCounters counters) {
    this(limits, model, counters, () -> ExpertMask.NONE);
  }

  /**
   * @param leaving experts that were added to the model, and that nobody may wake any more, now
   */
  public Engine(
      SchedulerLimits limits,
      EngineModel model,
      PassCounters counters,
      Supplier<ExpertMask> leaving) {
    this.uses = new GateUses(model.experts(), leaving);
    this.loop = new EngineLoop(limits, model, counters, System::nanoTime, this::newId);
    this.thread = Thread.ofPlatform().name("router-engine").unstarted(this::run);
  }

  public Engine start() {
    thread.start();
    return this;
  }

  /** An id for {@link #submit}, used by nobody else. */
  public long newId() {
    return nextId.getAndIncrement();
  }

  /** Hands a request over; whatever happens, the sink gets one end. */
  public void submit(long id, EngineRequest request, RequestSink sink) {
    if (over) {
      sink.failed(Ending.STOPPING);
    } else if (atTheDoor.incrementAndGet() > MAX_AT_THE_DOOR) {
      atTheDoor.decrementAndGet();
      sink.failed(
          new Ending(
              Kind.REJECTED,
              "the router is full: %d requests wait to be queued".formatted(MAX_AT_THE_DOOR)));
    } else {
      EngineRequest admitted = uses.admitted(id, request);
      post(new Command.Submit(id, admitted, uses.counted(id, sink)));
    }
  }

  /**
   * Requests that are here, running or waiting, and may wake an expert that was added to the model.
   */
  public int mayWake(int expert) {
    return uses.mayWake(expert);
  }

  /** Ends the request after the step that is under way, if it is not over by then. */
  public void cancel(long id) {
    post(new Command.Cancel(id));
  }

  /**
   * Lets experts compute rows that belong to no sequence, between two steps. The caller bounds how
   * many calls wait; one that is cancelled is not begun.
   *
   * @param call for experts without a state; its outputs are written by the engine's thread
   */
  public CompletableFuture<MoeOutcome> ask(MoeCall call) {
    CompletableFuture<MoeOutcome> outcome = new CompletableFuture<>();
    post(new Command.Ask(call, outcome));
    return outcome;
  }

  /** The request's reader has caught up. */
  public void resume(long id) {
    post(new Command.Resume(id));
  }

  /** Done if the engine ends without having been told to: nothing will be answered any more. */
  public CompletionStage<Void> broken() {
    return broken;
  }

  public int running() {
    return loop.running();
  }

  public int queued() {
    return loop.queued();
  }

  public EngineCounters.Snapshot counters() {
    return loop.counters().snapshot();
  }

  /** The same and more, as they are counted. */
  public EngineCounters books() {
    return loop.counters();
  }

  /**
   * Takes nothing more; what is here may end within the grace, then it is ended. Returns once the
   * thread is over.
   */
  public void stop(Duration grace) {
    post(new Command.Stop(System.nanoTime() + grace.toNanos()));
    try {
      if (!ended.await(grace.toNanos() + TimeUnit.SECONDS.toNanos(5), TimeUnit.NANOSECONDS)) {
        LOG.warn("the engine did not stop within its grace of {} and five seconds", grace);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  @Override
  public void close() {
    stop(Duration.ZERO);
  }

  private void post(Command command) {
    commands.add(command);
    LockSupport.unpark(thread);
    if (over) {
      // The thread may have looked into the queue for the last time.
      refuseTheRest();
    }
  }

  private void run() {
    try {
      while (!loop.stopped()) {
        takeCommands();
        boolean busy = loop.step();
        if (!busy && commands.isEmpty() && !loop.stopped()) {
          park();
        }
      }
    } catch (RuntimeException | Error e) {
      LOG.error("the engine broke; this router answers no more", e);
      over = true;
      loop.abandon(new Ending(Kind.FAILED, "the router's engine broke: " + e));
      broken.complete(null);
    } finally {
      over = true;
      refuseTheRest();
      ended.countDown();
    }
  }

  private void takeCommands() {
    for (Command command = commands.poll(); command != null; command = commands.poll()) {
      if (command instanceof Command.Submit) {
        atTheDoor.decrementAndGet();
      }
      loop.handle(command);
    }
  }

  private void park() {
    OptionalLong timer = loop.nextTimerNanos();
    if (timer.isEmpty()) {
      LockSupport.park(this);
    } else {
      long nanos = timer.getAsLong() - System.nanoTime();
      if (nanos > 0) {
        LockSupport.parkNanos(this, nanos);
      }
    }
  }

  private void refuseTheRest() {
    for (Command command = commands.poll(); command != null; command = commands.poll()) {
      if (command instanceof Command.Submit submit) {
        submit.sink().failed(Ending.STOPPING);
      } else if (command instanceof Command.Ask ask) {
        ask.outcome().cancel(false);
      }
    }
  }
}
