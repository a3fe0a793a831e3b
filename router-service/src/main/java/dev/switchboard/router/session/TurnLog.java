package dev.switchboard.router.session;

import dev.switchboard.cluster.state.BlobRef;
import dev.switchboard.cluster.state.Blobs.Chunks;
import dev.switchboard.cluster.state.SessionRecord;
import dev.switchboard.cluster.state.SessionStore;
import dev.switchboard.cluster.state.SessionStore.Held;
import dev.switchboard.cluster.state.StateException;
import dev.switchboard.cluster.state.StateException.Kind;
import dev.switchboard.cluster.state.StateRef;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.router.engine.Ending;
import java.time.Duration;
import java.util.Arrays;
import java.util.Optional;
import java.util.function.Consumer;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * What a running turn leaves in the grid: its tokens a few times a second, its newest snapshot, and
 * at the end that it is complete. The engine's thread only leaves notes; two threads of {@link
 * SessionWriters} write them, one at a time.
 */
public final class TurnLog {
  private static final Logger LOG = LoggerFactory.getLogger(TurnLog.class);
  private static final Duration TOKENS_EVERY = Duration.ofMillis(200);
  private static final Duration KEEP_EVERY = Duration.ofMinutes(1);

  /** Ids in the record itself; more move into its blob. */
  private static final int MOST_TAIL = 32_768;

  private final SessionStore store;
  private final SessionWriters writers;
  private final String session;
  private final Object writing = new Object();
  // Guarded by `writing`.
  private Held held;
  private long keptAtNanos = System.nanoTime();

  // Notes, guarded by this.
  private int[] ids = new int[64];
  private int count;
  private boolean scheduled;
  private String note = "";
  private @Nullable SequenceSnapshot snapshot;

  private volatile boolean overtaken;
  private volatile Runnable onOvertaken = () -> {};
  private volatile Runnable onEnd = () -> {};

  TurnLog(SessionStore store, SessionWriters writers, String session, Held held) {
    this.store = store;
    this.writers = writers;
    this.session = session;
    this.held = held;
  }

  void onOvertaken(Runnable cancel) {
    onOvertaken = cancel;
    if (overtaken) {
      cancel.run();
    }
  }

  void onEnd(Runnable last) {
    onEnd = last;
  }

  /** Somebody else has the session now: nothing more is written, the request ends. */
  void overtaken() {
    overtaken = true;
    onOvertaken.run();
  }

  boolean isOvertaken() {
    return overtaken;
  }

  Ending overtakenEnding() {
    return new Ending(
        Ending.Kind.OVERTAKEN, "session \"%s\" was taken by another request".formatted(session));
  }

  synchronized void generated(int id) {
    if (count == ids.length) {
      ids = Arrays.copyOf(ids, 2 * count);
    }
    ids[count++] = id;
    if (!scheduled) {
      scheduled = true;
      writers.record(this::writeTokens, TOKENS_EVERY);
    }
  }

  /** The newest wins: an older one that has not been written yet never is. */
  synchronized void snapshot(SequenceSnapshot next) {
    boolean waits = snapshot != null;
    snapshot = next;
    if (!waits) {
      writers.snapshot(this::writeSnapshot);
    }
  }

  synchronized void noSnapshot(String reason) {
    if (note.isEmpty()) {
      LOG.warn("session \"{}\": no snapshot is kept: {}", session, reason);
    }
    note = "no snapshot is kept (grid.snapshotBytes): " + reason;
  }

  /**
   * The turn is complete: says so in the grid, then to the reader.
   *
   * @param done takes what could not be kept; empty if all is
   */
  void complete(String reason, Consumer<String> done, Consumer<Ending> failed) {
    writers.record(
        () -> {
          String problem = "";
          try {
            write(Optional.empty(), reason);
          } catch (StateException e) {
            problem = e.getMessage();
          }
          if (overtaken) {
            failed.accept(overtakenEnding());
          } else {
            done.accept(problem.isEmpty() ? note() : problem);
          }
          end();
        },
        Duration.ZERO);
  }

  /** The request has ended without an answer; what is known of it stays, for another try. */
  void abandoned() {
    writers.record(
        () -> {
          writeTokens();
          end();
        },
        Duration.ZERO);
  }

  private void end() {
    onEnd.run();
    writers.snapshot(this::keepNow);
  }

  private synchronized String note() {
    return note;
  }

  private void writeTokens() {
    synchronized (this) {
      scheduled = false;
    }
    try {
      write(Optional.empty(), "");
    } catch (StateException e) {
      LOG.warn("session \"{}\": {}; what follows is tried again", session, e.getMessage());
    }
  }

  private void writeSnapshot() {
    SequenceSnapshot next;
    synchronized (this) {
      next = snapshot;
      snapshot = null;
    }
    if (next == null || overtaken) {
      return;
    }
    try {
      Chunks chunks = new Chunks(next.bytes(), next.chunks(), next::chunk);
      StateRef ref = store.putState(session, next.position(), chunks);
      if (!write(Optional.of(ref), "")) {
        store.remove(ref.blob());
      }
    } catch (StateException e) {
      noSnapshot(e.getMessage());
    }
    if (keepIsDue()) {
      keepNow();
    }
  }

  /** What was not written in this turn lives on with it. */
  private void keepNow() {
    try {
      synchronized (writing) {
        if (!overtaken) {
          store.keep(held);
          keptAtNanos = System.nanoTime();
        }
      }
    } catch (StateException e) {
      LOG.warn("session \"{}\": {}", session, e.getMessage());
    }
  }

  private boolean keepIsDue() {
    synchronized (writing) {
      return System.nanoTime() - keptAtNanos > KEEP_EVERY.toNanos();
    }
  }

  /**
   * Brings the record up to date. Returns whether it was written.
   *
   * @throws StateException if the grid does not answer: nothing is lost here
   */
  private boolean write(Optional<StateRef> state, String reason) {
    synchronized (writing) {
      if (overtaken) {
        onOvertaken.run();
        return false;
      }
      int[] more = notedIds();
      boolean nothing = more.length == 0 && state.isEmpty() && reason.isEmpty();
      if (nothing || (held.record().turn().complete() && state.isEmpty())) {
        return false;
      }
      try {
        held = store.replace(held, next(more, state, reason));
        drop(more.length);
        return true;
      } catch (StateException e) {
        if (e.kind() != Kind.OVERTAKEN) {
          throw e;
        }
        overtaken();
        return false;
      }
    }
  }

  private SessionRecord next(int[] more, Optional<StateRef> state, String reason) {
    SessionRecord record = held.record();
    String finish = reason.isEmpty() ? record.turn().finish() : reason;
    int[] tail = Sessions.joined(record.turn().tail(), more);
    SessionRecord next = record.with(record.turn().with(tail, finish));
    if (tail.length > MOST_TAIL) {
      BlobRef all = store.putTokens(session, Sessions.joined(store.tokens(held), more));
      next = next.with(all);
    }
    return state.isPresent() ? next.with(state.get()) : next;
  }

  private synchronized int[] notedIds() {
    return Arrays.copyOf(ids, count);
  }

  private synchronized void drop(int written) {
    System.arraycopy(ids, written, ids, 0, count - written);
    count -= written;
  }
}
