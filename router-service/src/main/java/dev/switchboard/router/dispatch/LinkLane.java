package dev.switchboard.router.dispatch;

import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.lane.LaneWait;
import java.io.IOException;
import java.nio.file.Path;
import java.util.concurrent.TimeUnit;
import java.util.function.BooleanSupplier;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A link's lane, or that it has none: opened once its stream has greeted, gone when that breaks.
 * Called under the link's lock.
 */
final class LinkLane {
  private static final Logger LOG = LoggerFactory.getLogger(LinkLane.class);
  private static final long FIRST_DELAY_NANOS = TimeUnit.SECONDS.toNanos(1);
  private static final long LAST_DELAY_NANOS = TimeUnit.MINUTES.toNanos(1);

  private final LinkSettings settings;
  private final LaneWait wait;
  private final Owner owner;
  private @Nullable NodeLane lane;

  /** The link, as its lane sees it. */
  interface Owner {
    /** Does it under the link's lock, and tells who has to know if the link's state has changed. */
    void locked(Runnable work);

    /** Under the lock: an answer has come; its memory is the answer's until {@code done}. */
    void answered(NodeLane.Answer answer, Runnable done);

    /** Under the lock: the lane is of no use any more, and so is the link. */
    void laneBroke(String reason);

    /** Asks under the link's lock. */
    boolean asks(BooleanSupplier question);

    /** Does it without the lock, on a thread that may wait for a node; never on the caller's. */
    void later(Runnable work, long delayNanos);
  }

  LinkLane(LinkSettings settings, LaneWait wait, Owner owner) {
    this.settings = settings;
    this.wait = wait;
    this.owner = owner;
  }

  /** Whether batches may go this way. */
  boolean isOpen() {
    return lane != null;
  }

  /** Threads of this host that the node computes with; 0 without a lane. */
  int nodeThreads() {
    return lane == null ? 0 : lane.nodeThreads();
  }

  /**
   * Connects and greets, later. Batches go by the stream until there is a lane, and where there is
   * none. A node that is busy starting may not answer in time: it is asked again, less and less
   * often.
   *
   * @param wanted asked under the lock: whether the link is still what the lane was opened for
   */
  void open(Path socket, String node, BooleanSupplier wanted) {
    open(socket, node, wanted, 0);
  }

  private void open(Path socket, String node, BooleanSupplier wanted, long delayNanos) {
    owner.later(
        () -> {
          if (owner.asks(wanted) && !opened(socket, node, wanted)) {
            long next = Math.clamp(2 * delayNanos, FIRST_DELAY_NANOS, LAST_DELAY_NANOS);
            open(socket, node, wanted, next);
          }
        },
        delayNanos);
  }

  /** Whether nothing would come of another try; otherwise the node did not answer in time. */
  private boolean opened(Path socket, String node, BooleanSupplier wanted) {
    NodeLane opened;
    try {
      opened = NodeLane.open(socket, settings.hello(), settings.laneBytes());
    } catch (IOException e) {
      LOG.info("no lane to node {}: {}", node, e.toString());
      return false;
    }
    owner.locked(() -> {
      if (wanted.getAsBoolean() && waitedOn(opened, node)) {
        lane = opened;
      } else {
        opened.close();
      }
    });
    return true;
  }

  private boolean waitedOn(NodeLane opened, String node) {
    try {
      opened.waitOn(
          wait,
          () -> guarded(opened, () -> opened.receive(answer -> answered(opened, answer))),
          () -> guarded(opened, opened::attend));
      return true;
    } catch (IOException e) {
      LOG.info("no lane to node {}: {}", node, e.toString());
      return false;
    }
  }

  private interface LaneWork {
    void run() throws IOException;
  }

  private void guarded(NodeLane from, LaneWork work) {
    owner.locked(() -> {
      try {
        work.run();
      } catch (IOException e) {
        if (lane == from) {
          owner.laneBroke(broken(e));
        } else {
          from.close();
        }
      }
    });
  }

  private void answered(NodeLane from, NodeLane.Answer answer) {
    Runnable done = () -> from.done(answer.id());
    if (lane == from) {
      owner.answered(answer, done);
    } else {
      done.run();
    }
  }

  /** Sends a batch, if there is a lane and it fits. */
  boolean sent(ExpertBatchFrame batch, int rows) {
    try {
      return lane != null && lane.send(batch, rows);
    } catch (IOException e) {
      owner.laneBroke(broken(e));
      return false;
    }
  }

  private static String broken(IOException problem) {
    return "its lane: " + problem.getMessage();
  }

  /** Its memory is never used again: an answer that comes late cannot be written over another. */
  void close() {
    if (lane != null) {
      lane.close();
      lane = null;
    }
  }
}
