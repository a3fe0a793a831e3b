package dev.switchboard.node.runtime;

import dev.switchboard.proto.codec.NetworkTurn;
import dev.switchboard.proto.lane.LanePort;
import dev.switchboard.proto.lane.LaneWait;
import java.io.IOException;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.atomic.AtomicInteger;
import java.util.concurrent.locks.Condition;
import java.util.concurrent.locks.ReentrantLock;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The computing thread and the bounded queue before it. What has come together while it was
 * computing is handed over together, so that batches of several routers may share a pass over the
 * weights.
 */
public final class ComputeLoop implements ComputeTurn, AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(ComputeLoop.class);
  private static final Duration CLOSE_WITHIN = Duration.ofSeconds(2);
  private static final long MOST_WAIT_NANOS = 60_000_000_000L;

  private final ReentrantLock lock = new ReentrantLock();
  private final Condition changed = lock.newCondition();
  private final Condition passed = lock.newCondition();
  private final WorkQueue queue;
  private final BatchProcessor processor;
  private final Optional<NetworkTurn> network;
  private final Thread thread;
  private final LaneWait lanes = new LaneWait();
  private final AtomicInteger openLanes = new AtomicInteger();
  private int computing;
  private long computingTokens;
  private volatile long activeNanos = System.nanoTime() - Duration.ofHours(1).toNanos();

  private ComputeLoop(int bound, BatchProcessor processor, Optional<NetworkTurn> network) {
    this.queue = new WorkQueue(bound);
    this.processor = processor;
    this.network = network;
    this.thread = Thread.ofPlatform().name("node-compute").daemon().unstarted(this::run);
  }

  /**
   * Starts the thread.
   *
   * @param bound work that may wait
   * @param processor computes; called on the thread alone
   */
  public static ComputeLoop start(int bound, BatchProcessor processor) {
    return start(bound, processor, Optional.empty());
  }

  /**
   * The same, with a thread that waits for work in the network: it reads, computes and answers, and
   * no other thread has to wake up in between.
   */
  public static ComputeLoop start(
      int bound, BatchProcessor processor, Optional<NetworkTurn> network) {
    ComputeLoop loop = new ComputeLoop(bound, processor, network);
    loop.thread.start();
    return loop;
  }

  /**
   * Admits a batch; {@code false} if the queue is full or the node stops: the caller refuses it.
   */
  public boolean offer(BatchJob job) {
    return admit(job);
  }

  @Override
  public boolean offer(Runnable stateCall) {
    return admit(new Work.StateCall(stateCall));
  }

  /**
   * Waits for batches on one more lane.
   *
   * @param readable run by the computing thread when frames have come
   * @param attend run by it when the lane's socket says something
   */
  public void addLane(LanePort port, Runnable readable, Runnable attend) throws IOException {
    lanes.add(port, readable, attend);
    openLanes.incrementAndGet();
    wake();
  }

  /** One of them has ended. */
  public void laneEnded() {
    openLanes.decrementAndGet();
  }

  /** Routers of this host that come by a lane. */
  public int openLanes() {
    return openLanes.get();
  }

  private void wake() {
    network.ifPresent(NetworkTurn::wake);
    lanes.wake();
  }

  @Override
  public int backlog() {
    lock.lock();
    try {
      return queue.size() + computing;
    } finally {
      lock.unlock();
    }
  }

  /** Tokens of batches that wait or are being computed. */
  @Override
  public long outstandingTokens() {
    lock.lock();
    try {
      return queue.tokens() + computingTokens;
    } finally {
      lock.unlock();
    }
  }

  /** Whether there is work, or was within the last so many nanoseconds. */
  public boolean busyWithin(long nanos) {
    return System.nanoTime() - activeNanos < nanos || backlog() > 0;
  }

  /**
   * Waits until there has been nothing to do for {@code quiet}, counted from now on.
   *
   * @return whether that came to be within {@code most}
   */
  public boolean awaitQuiet(Duration quiet, Duration most) {
    lock.lock();
    try {
      long begun = System.nanoTime();
      activeNanos = begun;
      while (true) {
        long now = System.nanoTime();
        boolean idle = queue.size() + computing == 0;
        long missing = quiet.toNanos() - (idle ? now - activeNanos : 0);
        long left = most.toNanos() - (now - begun);
        if (missing <= 0 || left <= 0) {
          return missing <= 0;
        }
        // Nobody signals: activity only moves the end of the wait, and is seen then.
        passed.awaitNanos(Math.min(missing, left));
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
      return false;
    } finally {
      lock.unlock();
    }
  }

  /** Finishes what was admitted, takes nothing more, and ends the thread. */
  @Override
  public void close() {
    lock.lock();
    try {
      queue.close();
      changed.signalAll();
    } finally {
      lock.unlock();
    }
    wake();
    try {
      if (!thread.join(CLOSE_WITHIN)) {
        LOG.warn("still computing after {}; left behind", CLOSE_WITHIN);
      }
    } catch (InterruptedException e) {
      Thread.currentThread().interrupt();
    }
  }

  private boolean admit(Work work) {
    boolean taken;
    lock.lock();
    try {
      taken = queue.offer(work);
      activeNanos = System.nanoTime();
      if (taken && computing == 0) {
        changed.signal();
      }
    } finally {
      lock.unlock();
    }
    if (taken && Thread.currentThread() != thread) {
      wake();
    }
    return taken;
  }

  /** Sends the answers, and reads until there is something to compute. */
  private void awaitInNetwork(NetworkTurn turn) {
    turn.take();
    try {
      turn.flush();
      while (nothingWaits() && openLanes.get() == 0) {
        turn.await(MOST_WAIT_NANOS);
      }
    } finally {
      turn.give();
    }
  }

  /** Meanwhile the network's own thread reads what comes there. */
  private void awaitOnLanes() {
    while (nothingWaits() && openLanes.get() > 0) {
      lanes.await(MOST_WAIT_NANOS);
    }
  }

  private boolean nothingWaits() {
    lock.lock();
    try {
      return queue.size() == 0 && !queue.closed();
    } finally {
      lock.unlock();
    }
  }

  private void run() {
    for (List<Work> next = next(); !next.isEmpty(); next = next()) {
      List<BatchJob> together = new ArrayList<>(next.size());
      for (Work work : next) {
        switch (work) {
          case BatchJob job -> together.add(job);
          case Work.StateCall(Runnable body) -> {
            computed(together);
            together.clear();
            body.run();
            computed(1, 0);
          }
        }
      }
      computed(together);
    }
  }

  private void computed(List<BatchJob> together) {
    if (!together.isEmpty()) {
      // Before: afterwards a batch's rows may be another's.
      long tokens = together.stream().mapToLong(BatchJob::tokens).sum();
      processor.process(together);
      computed(together.size(), tokens);
    }
  }

  private void computed(int work, long tokens) {
    lock.lock();
    computing -= work;
    computingTokens -= tokens;
    activeNanos = System.nanoTime();
    lock.unlock();
  }

  /** Blocks until there is work; empty when closed and done. */
  private List<Work> next() {
    lanes.poll();
    do {
      if (openLanes.get() > 0) {
        awaitOnLanes();
      } else {
        network.ifPresent(this::awaitInNetwork);
      }
    } while (nothingWaits() && network.isPresent());
    lock.lock();
    try {
      while (queue.size() == 0 && !queue.closed()) {
        changed.awaitUninterruptibly();
      }
      computingTokens = queue.tokens();
      List<Work> next = queue.takeAll();
      computing = next.size();
      return next;
    } finally {
      lock.unlock();
    }
  }
}
