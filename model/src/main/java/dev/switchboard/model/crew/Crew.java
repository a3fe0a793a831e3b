package dev.switchboard.model.crew;

import java.util.List;
import java.util.concurrent.atomic.AtomicLongArray;
import java.util.concurrent.locks.LockSupport;
import org.jspecify.annotations.Nullable;

/**
 * A leader and a fixed number of workers that do one {@link Work} after another. Pieces are taken
 * one by one, so that a slower core does fewer of them. A worker without work spins for some
 * microseconds, then offers its core to others, then parks: between the products of a step it is
 * there at once, between requests it costs nothing. Where the leader knows that it will wait, it
 * says so ({@link #rest}).
 *
 * <p>The leader is whoever calls {@link #run}: one thread at a time. Nothing is allocated per run.
 */
public final class Crew implements AutoCloseable {
  private static final System.Logger LOG = System.getLogger(Crew.class.getName());

  /** A leader without workers. */
  public static final Crew ALONE = new Crew("alone", 1, List.of());

  /** Pieces of one run at the most. */
  public static final int MAX_PIECES = (1 << 20) - 1;

  /** How long a worker stays awake without work, at most; measured in docs/performance.md. */
  private static final long SPIN_NANOS = Long.getLong("switchboard.crew.spinMicros", 20) * 1000;

  private static final long AWAKE_NANOS = Long.getLong("switchboard.crew.awakeMicros", 200) * 1000;

  /**
   * How long a worker that rests offers its processor to others before it parks: as long as a layer
   * of one token takes them. Waking it costs its leader more than what it takes from them.
   */
  private static final long REST_NANOS = Long.getLong("switchboard.crew.restMicros", 1000) * 1000;

  /** Instructions between two looks at the clock. */
  private static final int SPINS = 32;

  private static final int PIECE_BITS = 20;
  private static final int RUN_SHIFT = 2 * PIECE_BITS;

  /** Cells of {@link #cells} that are written by different threads lie two cache lines apart. */
  private static final int TICKET = 16;

  private static final int DONE = 32;
  private static final int CELLS = 48;

  private final Worker[] workers;
  private final List<Integer> processors;
  private final AtomicLongArray cells = new AtomicLongArray(CELLS);
  private @Nullable Work work;
  private long runs;
  private boolean busy;
  private volatile @Nullable Throwable failure;
  private volatile boolean resting;
  private volatile boolean closed;

  private Crew(String name, int threads, List<Integer> processors) {
    this.processors = processors;
    this.workers = new Worker[threads - 1];
    for (int i = 0; i < workers.length; i++) {
      workers[i] = new Worker(name + "-crew-" + (i + 1), i + 1);
    }
  }

  /**
   * Starts a crew.
   *
   * @param name of its threads, for people
   * @param threads leader and workers, at least 1
   */
  public static Crew of(String name, int threads) {
    return of(name, threads, List.of());
  }

  /**
   * Starts a crew whose threads each keep to one processor.
   *
   * @param processors of the leader, who has to say {@link #lead}, and the workers, round and
   *     round; empty: the system's choice
   */
  public static Crew of(String name, int threads, List<Integer> processors) {
    if (threads < 1) {
      throw new IllegalArgumentException("a crew of " + threads + " threads; expected 1 or more");
    }
    Crew crew = new Crew(name, threads, List.copyOf(processors));
    for (Worker worker : crew.workers) {
      worker.thread.start();
    }
    return crew;
  }

  /** The calling thread will lead, now and always: it keeps to the leader's processor. */
  public void lead() {
    bind(0);
  }

  private void bind(int number) {
    if (!processors.isEmpty()) {
      int processor = processors.get(number % processors.size());
      if (!Affinity.bind(processor)) {
        LOG.log(
            System.Logger.Level.WARNING,
            "thread {0} cannot be bound to processor {1}",
            Thread.currentThread().getName(),
            processor);
      }
    }
  }

  /** Leader and workers. */
  public int threads() {
    return workers.length + 1;
  }

  /**
   * Does all pieces of a work, the caller among the workers, and returns when they are done. What a
   * piece throws comes out of here, once all others are done or have failed.
   *
   * @param pieces 0 to {@link #MAX_PIECES}
   * @throws IllegalStateException if the crew is at work already, or closed
   */
  public void run(Work work, int pieces) {
    if (workers.length == 0 || pieces <= 1) {
      for (int i = 0; i < pieces; i++) {
        work.piece(i, 0);
      }
      return;
    }
    begin(work, pieces);
    take(runs, 0);
    awaitDone(pieces);
    busy = false;
    if (failure != null) {
      throwFailure();
    }
  }

  /**
   * The leader is about to wait for another process, which may want the cores: workers stop to
   * spin, and park if it takes long.
   */
  public void rest() {
    resting = true;
  }

  /** There will be work in a moment: workers wake up for it. */
  public void rouse() {
    if (resting) {
      resting = false;
      for (Worker worker : workers) {
        worker.wake();
      }
    }
  }

  private void throwFailure() {
    Throwable problem = failure;
    failure = null;
    switch (problem) {
      case RuntimeException e -> throw e;
      case Error e -> throw e;
      case null, default -> throw new IllegalStateException(problem);
    }
  }

  private void begin(Work next, int pieces) {
    if (pieces > MAX_PIECES) {
      throw new IllegalArgumentException(pieces + " pieces; expected at most " + MAX_PIECES);
    }
    if (busy || closed) {
      throw new IllegalStateException(busy ? "the crew is at work" : "the crew is closed");
    }
    busy = true;
    if (resting) {
      resting = false;
    }
    work = next;
    runs = runs + 1 & (1 << 24) - 1;
    cells.set(DONE, 0);
    cells.set(TICKET, runs << RUN_SHIFT | (long) pieces << PIECE_BITS);
    int wanted = Math.min(workers.length, pieces - 1);
    for (int i = 0; i < wanted; i++) {
      workers[i].wake();
    }
  }

  /**
   * Takes pieces of a run while there are any. Number of the run, pieces and next piece are one
   * long: a worker that comes late can neither take a piece twice nor one of another run.
   */
  private void take(long run, int worker) {
    while (true) {
      long ticket = cells.get(TICKET);
      int piece = (int) ticket & MAX_PIECES;
      if (ticket >>> RUN_SHIFT != run || piece >= (ticket >>> PIECE_BITS & MAX_PIECES)) {
        return;
      }
      if (cells.compareAndSet(TICKET, ticket, ticket + 1)) {
        doPiece(piece, worker);
      }
    }
  }

  private void doPiece(int piece, int worker) {
    try {
      Work mine = work;
      if (mine != null) {
        mine.piece(piece, worker);
      }
    } catch (Throwable problem) { // whatever it is, the leader throws it
      failure = problem;
    } finally {
      cells.getAndIncrement(DONE);
    }
  }

  private void awaitDone(int pieces) {
    long begun = 0;
    while (cells.get(DONE) < pieces) {
      for (int i = 0; i < SPINS && cells.get(DONE) < pieces; i++) {
        Thread.onSpinWait();
      }
      long now = System.nanoTime();
      begun = begun == 0 ? now : begun;
      if (now - begun > SPIN_NANOS) {
        Thread.yield();
      }
    }
  }

  /** Ends the workers; not while the crew is at work. */
  @Override
  public void close() {
    closed = true;
    for (Worker worker : workers) {
      LockSupport.unpark(worker.thread);
    }
  }

  private final class Worker implements Runnable {
    final Thread thread;
    private final int number;
    private volatile boolean parked;

    Worker(String name, int number) {
      this.number = number;
      this.thread = Thread.ofPlatform().name(name).daemon().unstarted(this);
    }

    void wake() {
      if (parked) {
        LockSupport.unpark(thread);
      }
    }

    @Override
    public void run() {
      bind(number);
      long seen = 0;
      while (!closed) {
        long run = cells.get(TICKET) >>> RUN_SHIFT;
        if (run != seen) {
          seen = run;
          take(run, number);
        } else {
          idle(seen);
        }
      }
    }

    /** Returns when there is another run, or perhaps. */
    private void idle(long seen) {
      long begun = System.nanoTime();
      long waited = 0;
      while (waited < (resting ? REST_NANOS : AWAKE_NANOS)) {
        int spins = resting ? 1 : SPINS;
        for (int i = 0; i < spins; i++) {
          if (cells.get(TICKET) >>> RUN_SHIFT != seen || closed) {
            return;
          }
          Thread.onSpinWait();
        }
        if (spins == 1 || waited > SPIN_NANOS) {
          Thread.yield();
        }
        waited = System.nanoTime() - begun;
      }
      parked = true;
      if (cells.get(TICKET) >>> RUN_SHIFT == seen && !closed) {
        LockSupport.park(Crew.this);
      }
      parked = false;
    }
  }
}
