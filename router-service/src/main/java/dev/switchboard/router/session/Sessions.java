package dev.switchboard.router.session;

import dev.switchboard.cluster.state.BlobRef;
import dev.switchboard.cluster.state.SessionRecord;
import dev.switchboard.cluster.state.SessionStore;
import dev.switchboard.cluster.state.SessionStore.Held;
import dev.switchboard.cluster.state.SessionTurn;
import dev.switchboard.cluster.state.StateException;
import dev.switchboard.cluster.state.StateRef;
import dev.switchboard.model.snapshot.SequenceSnapshot;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.router.engine.GenerationSpec;
import dev.switchboard.router.engine.Resumed;
import dev.switchboard.router.engine.SnapshotWishes;
import dev.switchboard.router.session.SessionException.Problem;
import java.time.Duration;
import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalLong;
import java.util.concurrent.CompletableFuture;
import java.util.concurrent.ConcurrentHashMap;
import java.util.function.Supplier;
import java.util.stream.Stream;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * The sessions of a router. A turn begins by taking the session's record in the grid, which whoever
 * had it before notices; it goes on from the newest snapshot that can be read, else from the text.
 * Answers depend on the tokens and the seed alone, so what was generated but not written down when
 * a router died is generated again, the same.
 */
public final class Sessions implements AutoCloseable {
  private static final Logger LOG = LoggerFactory.getLogger(Sessions.class);
  private static final Duration LAST_WRITES = Duration.ofSeconds(2);

  private static final int MOST_ATTEMPTS = 8;

  /** Ids of a prompt that are written with the record, and not as a text of their own. */
  private static final int MOST_IN_RECORD = 4096;

  private final SessionSettings settings;
  private final Optional<SessionStore> store;
  private final SessionWriters writers = new SessionWriters();
  private final Map<String, TurnLog> running = new ConcurrentHashMap<>();

  public Sessions(SessionSettings settings) {
    this.settings = settings;
    this.store =
        settings
            .states()
            .map(
                states -> new SessionStore(states, settings.snapshotBytes(), settings.gridBytes()));
  }

  /**
   * Takes the session for a turn. Waits for the grid.
   *
   * @throws SessionException if the turn does not fit
   * @throws StateException if the grid does not answer, or what it has is damaged
   */
  public OpenTurn open(TurnRequest request) {
    // Whoever has the session wrote meanwhile; it ends as soon as it writes again.
    return again(StateException.Kind.OVERTAKEN, () -> take(request));
  }

  private static <T> T again(StateException.Kind kind, Supplier<T> work) {
    for (int attempt = 1; ; attempt++) {
      try {
        return work.get();
      } catch (StateException e) {
        if (e.kind() != kind || attempt == MOST_ATTEMPTS) {
          throw e;
        }
      }
    }
  }

  private OpenTurn take(TurnRequest request) {
    SessionStore open = store();
    Optional<Held> held = open.load(request.session());
    held.ifPresent(known -> check(known.record(), request));
    Optional<Fetched> state = held.flatMap(known -> fetch(known, request));
    int[] known = held.map(open::tokens).orElse(new int[0]);
    TurnChoice choice = TurnChoice.of(held.map(Held::record), known, request);
    OptionalLong seed =
        choice.kind() == TurnChoice.Kind.AGAIN
            ? OptionalLong.of(held.orElseThrow().record().turn().seed())
            : OptionalLong.empty();
    GenerationSpec spec = request.spec(choice.prompt().length, seed);
    Held taken =
        choice.kind() == TurnChoice.Kind.AGAIN
            ? open.replace(held.orElseThrow(), held.get().record().takenBy(settings.router()))
            : begin(request, held, choice, spec);
    return start(request, taken, new Begun(choice, known, spec, state));
  }

  /** A state on its way from the grid. */
  private record Fetched(StateRef ref, CompletableFuture<Optional<SequenceSnapshot>> state) {}

  /** Fetches the state that the turn will most likely begin from, while its text is looked at. */
  private Optional<Fetched> fetch(Held held, TurnRequest request) {
    SessionTurn last = held.record().turn();
    boolean toldAgain =
        last.complete() && (request.turn() == last.number() || request.received() > 0);
    return toldAgain
        ? Optional.empty()
        : held.record()
            .newest()
            .map(ref ->
                new Fetched(
                    ref,
                    CompletableFuture.supplyAsync(
                        () -> read(held, ref), Thread::startVirtualThread)));
  }

  /**
   * Removes what is kept of a session. Returns whether there was anything.
   *
   * @throws SessionException if it belongs to another key
   */
  public boolean forget(String session, String owner) {
    SessionStore open = store();
    Optional<Held> held = open.load(session);
    held.ifPresent(known -> checkOwner(known.record(), session, owner));
    held.ifPresent(open::remove);
    return held.isPresent();
  }

  /**
   * Makes a second session of one. Waits for the grid.
   *
   * @param owner of both
   * @throws SessionException if the session is not known, belongs to another key or is in a turn,
   *     or if there is one of the new name
   * @throws StateException if there is no room for two, or the grid does not answer: nothing is
   *     left of the new one then
   */
  public SessionRecord fork(String session, String to, String owner) {
    // A snapshot that was replaced while it was copied has a newer one in its place.
    return again(StateException.Kind.MISSING, () -> forkOnce(session, to, owner));
  }

  private SessionRecord forkOnce(String session, String to, String owner) {
    Held held =
        store()
            .load(session)
            .orElseThrow(() ->
                new SessionException(
                    Problem.UNKNOWN, "session \"%s\" is not known".formatted(session)));
    checkOwner(held.record(), session, owner);
    SessionTurn turn = held.record().turn();
    if (!turn.complete()) {
      throw new SessionException(
          Problem.OUT_OF_TURN,
          "session \"%s\" has not completed turn %d; it can be forked once it has"
              .formatted(session, turn.number()));
    }
    if (store().load(to).isPresent()) {
      throw taken(to);
    }
    try {
      return store().fork(held, to, settings.router()).record();
    } catch (StateException e) {
      if (e.kind() == StateException.Kind.OVERTAKEN) {
        throw taken(to);
      }
      throw e;
    }
  }

  private static SessionException taken(String session) {
    return new SessionException(
        Problem.TAKEN, "there is a session \"%s\" already; choose another name".formatted(session));
  }

  private SessionStore store() {
    return store.orElseThrow(() ->
        new SessionException(
            Problem.OFF,
            "this router keeps no sessions: grid.stateKey is not set (all routers need the same)"));
  }

  private void check(SessionRecord record, TurnRequest request) {
    checkOwner(record, request.session(), request.owner());
    if (!record.model().equals(settings.model())) {
      throw new SessionException(
          Problem.OUT_OF_TURN,
          "session \"%s\" was computed with %s; this router has %s"
              .formatted(request.session(), record.model(), settings.model()));
    }
  }

  private static void checkOwner(SessionRecord record, String session, String owner) {
    if (!record.owner().equals(owner)) {
      throw new SessionException(
          Problem.DENIED, "session \"%s\" belongs to another key".formatted(session));
    }
  }

  /** Writes the turn's text and the record that says that it has begun. */
  private Held begin(
      TurnRequest request, Optional<Held> held, TurnChoice choice, GenerationSpec spec) {
    SessionTurn turn =
        new SessionTurn(
            choice.number(),
            choice.start(),
            choice.prompt().length,
            request.parameters(),
            spec.sampling().seed(),
            new int[0],
            "");
    Optional<SessionRecord> old = held.map(Held::record);
    Optional<StateRef> before =
        choice.kind() == TurnChoice.Kind.NEXT
            ? old.flatMap(SessionRecord::newest)
            : old.flatMap(SessionRecord::before);
    Optional<BlobRef> kept = old.filter(record -> continues(record, choice)).map(r -> r.tokens());
    BlobRef tokens = kept.orElseGet(() -> store().putTokens(request.session(), choice.prompt()));
    int first = Math.toIntExact(tokens.bytes() / Integer.BYTES);
    SessionRecord next =
        new SessionRecord(
            request.owner(),
            settings.model(),
            old.map(SessionRecord::epoch).orElse(0L) + 1,
            settings.router(),
            turn.with(Arrays.copyOfRange(choice.prompt(), first, choice.prompt().length), ""),
            tokens,
            before,
            Optional.empty());
    try {
      return held.isPresent() ? replace(held.get(), next) : store().create(request.session(), next);
    } catch (StateException e) {
      if (kept.isEmpty()) {
        store().remove(tokens);
      }
      throw e;
    }
  }

  /** Nobody waits for what is no longer used to go. */
  private Held replace(Held old, SessionRecord next) {
    Held written = store().swap(old, next);
    writers.snapshot(() -> {
      try {
        store().removeUnused(old, written);
      } catch (StateException e) {
        LOG.debug("what is no longer used stays until it expires: {}", e.getMessage());
      }
    });
    return written;
  }

  /** Whether the text in the grid stays, and what follows it is little: it goes into the record. */
  private boolean continues(SessionRecord old, TurnChoice choice) {
    int all = choice.prompt().length;
    return old.firstTokens() <= choice.start()
        && all - old.firstTokens() <= MOST_IN_RECORD
        && (long) Integer.BYTES * all <= settings.snapshotBytes();
  }

  /** What is known of a turn before it starts. */
  private record Begun(
      TurnChoice choice, int[] known, GenerationSpec spec, Optional<Fetched> state) {}

  private OpenTurn start(TurnRequest request, Held taken, Begun begun) {
    TurnChoice choice = begun.choice();
    boolean again = choice.kind() == TurnChoice.Kind.AGAIN;
    int[] sequence = again ? begun.known() : choice.prompt();
    int generated = sequence.length - choice.prompt().length;
    boolean complete = taken.record().turn().complete();
    Optional<SequenceSnapshot> found =
        complete ? Optional.empty() : newest(taken, sequence.length, begun.state());
    TurnLog log = new TurnLog(store(), writers, request.session(), taken);
    TurnLog other = running.put(request.session(), log);
    if (other != null) {
      other.overtaken();
    }
    log.onEnd(() -> running.remove(request.session(), log));
    return new OpenTurn(
        sequence,
        begun.spec(),
        found,
        new Resumed(generated, Math.min(generated, request.received())),
        complete
            ? SnapshotWishes.NONE
            : new SnapshotWishes(settings.everyTokens(), true, settings.snapshotBytes()),
        new OpenTurn.Place(
            choice.number(),
            choice.start(),
            choice.prompt().length,
            Math.max(0, request.received() - generated),
            found.map(SequenceSnapshot::bytes).orElse(0L)),
        log);
  }

  /** The newest snapshot that can be read; a session without one is read again. */
  private Optional<SequenceSnapshot> newest(Held held, int sequence, Optional<Fetched> fetched) {
    SessionRecord record = held.record();
    return Stream.of(record.latest(), record.before())
        .flatMap(Optional::stream)
        .filter(ref -> ref.tokens() < sequence)
        .flatMap(ref ->
            fetched
                .filter(early -> early.ref().equals(ref))
                .map(early -> early.state().join())
                .orElseGet(() -> read(held, ref))
                .stream())
        .findFirst();
  }

  private Optional<SequenceSnapshot> read(Held held, StateRef ref) {
    try {
      return Optional.of(SequenceSnapshot.read(store().state(held, ref), settings.snapshotBytes()));
    } catch (StateException | SnapshotException e) {
      LOG.warn("{}; an older one is taken, or the text is read again", e.getMessage());
      return Optional.empty();
    }
  }

  /**
   * Readies what the first turn would else wait for.
   *
   * @param stateBytes of a sequence, about
   */
  public void warm(long stateBytes) {
    settings.states().ifPresent(states -> new SessionWarmUp(settings, states, stateBytes).run());
  }

  /** Lets what is being written end, within two seconds. */
  @Override
  public void close() {
    writers.close(LAST_WRITES);
  }

  /** Ids of one array behind those of another. */
  static int[] joined(int[] first, int[] second) {
    int[] all = Arrays.copyOf(first, first.length + second.length);
    System.arraycopy(second, 0, all, first.length, second.length);
    return all;
  }
}
