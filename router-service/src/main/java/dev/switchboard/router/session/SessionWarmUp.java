package dev.switchboard.router.session;

import dev.switchboard.cluster.state.Blobs.Chunks;
import dev.switchboard.cluster.state.MemoryStates;
import dev.switchboard.cluster.state.SealedStates;
import dev.switchboard.cluster.state.SessionRecord;
import dev.switchboard.cluster.state.SessionStore;
import dev.switchboard.cluster.state.SessionStore.Held;
import dev.switchboard.cluster.state.SessionTurn;
import dev.switchboard.cluster.state.StateException;
import dev.switchboard.cluster.state.StateKey;
import dev.switchboard.cluster.state.StateRef;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.snapshot.SnapshotHead;
import dev.switchboard.model.snapshot.SnapshotOrigin;
import dev.switchboard.model.snapshot.StatePart;
import java.lang.foreign.MemorySegment;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.UUID;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * A few conversations with nobody, so that the first real turn meets loaded classes and compiled
 * code: what takes 5 ms then takes 100 and more before. They are kept in this process's memory; the
 * grid is only asked for something that it does not have.
 */
final class SessionWarmUp {
  private static final Logger LOG = LoggerFactory.getLogger(SessionWarmUp.class);
  private static final int ROUNDS = 40;
  private static final long MOST_NANOS = Duration.ofMillis(700).toNanos();
  private static final int TOKENS = 4096;
  private static final int LEAST_FLOATS = 256;
  private static final int MOST_FLOATS = 1 << 20;

  private final SessionSettings settings;
  private final SealedStates states;
  private final int floats;

  SessionWarmUp(SessionSettings settings, SealedStates states, long stateBytes) {
    this.settings = settings;
    this.states = states;
    this.floats = (int) Math.clamp(stateBytes / Float.BYTES, LEAST_FLOATS, MOST_FLOATS);
  }

  void run() {
    long end = System.nanoTime() + MOST_NANOS;
    states.warm();
    MemoryStates memory = new MemoryStates(64L << 20, Duration.ofMinutes(1), System::nanoTime);
    SealedStates sealed = new SealedStates(memory, StateKey.random());
    try {
      states.get(List.of("warm"));
      for (int i = 0; i < ROUNDS && System.nanoTime() - end < 0; i++) {
        converse(sealed);
      }
    } catch (StateException e) {
      LOG.debug("the grid could not be tried out: {}", e.getMessage());
    }
  }

  /** A turn that begins, leaves a snapshot, is taken again, and is forgotten. */
  private void converse(SealedStates where) {
    SessionStore store = new SessionStore(where, 64L << 20, 128L << 20);
    String session = "warm-" + UUID.randomUUID();
    int[] tokens = new int[TOKENS];
    SessionTurn turn = new SessionTurn(1, 0, TOKENS, "", 0, new int[0], "");
    SessionRecord record =
        new SessionRecord(
            "",
            settings.model(),
            1,
            settings.router(),
            turn,
            store.putTokens(session, tokens),
            Optional.empty(),
            Optional.empty());
    Held held = store.create(session, record);
    SequenceSnapshot snapshot = snapshot(tokens);
    Chunks chunks = new Chunks(snapshot.bytes(), snapshot.chunks(), snapshot::chunk);
    StateRef ref = store.putState(session, TOKENS, chunks);
    held = store.replace(held, record.with(ref));
    held = store.load(session).orElse(held);
    int known = store.tokens(held).length;
    SequenceSnapshot read = SequenceSnapshot.read(store.state(held, ref), snapshot.bytes());
    if (known != TOKENS || read.position() != TOKENS) {
      LOG.warn("a session came back with {} tokens, its state with {}", known, read.position());
    }
    store.remove(held);
  }

  private SequenceSnapshot snapshot(int[] tokens) {
    SnapshotOrigin nobody = new SnapshotOrigin("", "", 0, List.of());
    MemorySegment data = MemorySegment.ofArray(new float[floats]);
    return new SequenceSnapshot(
        new SnapshotHead(nobody, tokens.length, tokens, List.of()),
        List.of(new StatePart(StatePart.Kind.RECURRENT, 0, 0, 0, data)));
  }
}
