package dev.switchboard.cluster.state;

import dev.switchboard.cluster.state.Blobs.Chunks;
import dev.switchboard.cluster.state.StateException.Kind;
import java.nio.ByteBuffer;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.HashSet;
import java.util.List;
import java.util.Optional;
import java.util.Set;

/**
 * Sessions in the grid. A session is one small record that is replaced whole, by compare-and-set,
 * and blobs that are written once under names of their own before a record refers to them and
 * removed after none does. So a record never refers to half of something, and a router that was
 * given up on, but lives, can write nothing: its record is no longer the one that is there.
 */
public final class SessionStore {
  private final SealedStates states;
  private final Blobs blobs;
  private final long gridBytes;

  /**
   * @param mostBytes of the tokens of a session, and of a snapshot
   * @param gridBytes of all that a router holds
   */
  public SessionStore(SealedStates states, long mostBytes, long gridBytes) {
    this.states = states;
    this.blobs = new Blobs(states, mostBytes);
    this.gridBytes = gridBytes;
  }

  /** A session's record as its holder last read or wrote it. */
  public static final class Held {
    private final String session;
    private final SessionRecord record;
    private final SealedStates.Kept kept;

    private Held(String session, SessionRecord record, SealedStates.Kept kept) {
      this.session = session;
      this.record = record;
      this.kept = kept;
    }

    public SessionRecord record() {
      return record;
    }
  }

  /** The session's record, if the grid knows it. */
  public Optional<Held> load(String session) {
    return states
        .get(name(session))
        .map(kept -> new Held(session, SessionCodec.decode(kept.value()), kept));
  }

  /**
   * Writes a session's first record.
   *
   * @throws StateException if somebody else was quicker
   */
  public Held create(String session, SessionRecord record) {
    return write(session, Optional.empty(), record);
  }

  /**
   * Replaces the record and removes what only the old one referred to.
   *
   * @throws StateException if the record is no longer the one that is held
   */
  public Held replace(Held held, SessionRecord next) {
    Held written = swap(held, next);
    removeUnused(held, written);
    return written;
  }

  /**
   * Replaces the record alone; {@link #removeUnused} is to follow.
   *
   * @throws StateException if the record is no longer the one that is held
   */
  public Held swap(Held held, SessionRecord next) {
    return write(held.session, Optional.of(held.kept), next);
  }

  /** Removes what the old record referred to and the new one does not. */
  public void removeUnused(Held old, Held next) {
    Set<BlobRef> used = new HashSet<>(next.record.blobs());
    old.record.blobs().stream().filter(blob -> !used.contains(blob)).forEach(blobs::remove);
  }

  private Held write(String session, Optional<SealedStates.Kept> expected, SessionRecord next) {
    return states
        .swap(name(session), expected, SessionCodec.encode(next))
        .map(kept -> new Held(session, next, kept))
        .orElseThrow(() ->
            new StateException(
                Kind.OVERTAKEN, "session \"%s\" was taken by another request".formatted(session)));
  }

  /**
   * Makes a second session of one, with copies of its text and its newest snapshot: each lives and
   * goes for itself. Nothing is left of it if it fails.
   *
   * @param to its name
   * @param router that makes it
   * @throws StateException if there is a session of that name, or there is no room for two; {@link
   *     Kind#MISSING} also if the session was replaced meanwhile
   */
  public Held fork(Held from, String to, String router) {
    SessionRecord old = from.record;
    long bytes = old.tokens().bytes() + old.newest().map(ref -> ref.blob().bytes()).orElse(0L);
    if (bytes > gridBytes / 2) {
      throw new StateException(
          Kind.TOO_LARGE,
          "session \"%s\" takes %d bytes; two of it do not fit into the %d of a router (grid.stateBytes)"
              .formatted(from.session, bytes, gridBytes));
    }
    List<BlobRef> copies = new ArrayList<>();
    try {
      BlobRef text = blobs.copy(text(from.session), old.tokens());
      copies.add(text);
      Optional<StateRef> state = copyOfState(from);
      state.ifPresent(ref -> copies.add(ref.blob()));
      return create(to, old.forkedBy(router, text, state));
    } catch (StateException e) {
      copies.forEach(blobs::remove);
      throw e;
    }
  }

  /** A snapshot that is lost though it is still the newest one costs the fork time, as any turn. */
  private Optional<StateRef> copyOfState(Held from) {
    Optional<StateRef> newest = from.record.newest();
    try {
      return newest.map(ref ->
          new StateRef(blobs.copy(what(from.session, ref.tokens()), ref.blob()), ref.tokens()));
    } catch (StateException e) {
      boolean lost = e.kind() == Kind.MISSING || e.kind() == Kind.DAMAGED;
      if (lost
          && load(from.session).filter(now -> now.record.newest().equals(newest)).isPresent()) {
        return Optional.empty();
      }
      throw e;
    }
  }

  /** Lets a session and all that it refers to live on. */
  public void keep(Held held) {
    List<String> names = new ArrayList<>(List.of(name(held.session)));
    states.keep(names);
    held.record.blobs().forEach(blobs::keep);
  }

  /** Ends a session: nothing of it stays. */
  public void remove(Held held) {
    states.remove(List.of(name(held.session)));
    held.record.blobs().forEach(blobs::remove);
  }

  /**
   * Writes token ids.
   *
   * @throws StateException if they are too many
   */
  public BlobRef putTokens(String session, int[] ids) {
    return blobs.write(
        "the text of session \"%s\" (%d tokens)".formatted(session, ids.length),
        Chunks.of(SessionCodec.chunks(ids)));
  }

  /** All ids of a session that are known. */
  public int[] tokens(Held held) {
    int[] first = SessionCodec.ids(blobs.read(text(held.session), held.record.tokens()));
    int[] tail = held.record.turn().tail();
    int[] all = Arrays.copyOf(first, first.length + tail.length);
    System.arraycopy(tail, 0, all, first.length, tail.length);
    return all;
  }

  /**
   * Writes a snapshot of this many tokens.
   *
   * @throws StateException if it is too large
   */
  public StateRef putState(String session, long tokens, Chunks chunks) {
    return new StateRef(blobs.write(what(session, tokens), chunks), tokens);
  }

  /** The bytes of a snapshot. */
  public List<ByteBuffer> state(Held held, StateRef ref) {
    return blobs.read(what(held.session, ref.tokens()), ref.blob());
  }

  /** Removes what no record will refer to. */
  public void remove(BlobRef ref) {
    blobs.remove(ref);
  }

  /** Most bytes of a snapshot. */
  public long mostBytes() {
    return blobs.mostBytes();
  }

  private static String text(String session) {
    return "the text of session \"%s\"".formatted(session);
  }

  private static String what(String session, long tokens) {
    return "the snapshot of session \"%s\" after %d tokens".formatted(session, tokens);
  }

  private static String name(String session) {
    return "session/" + session;
  }
}
