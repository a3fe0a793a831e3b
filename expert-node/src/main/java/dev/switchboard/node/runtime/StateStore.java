package dev.switchboard.node.runtime;

import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.model.expert.ExpertState;
import dev.switchboard.node.runtime.HeldExperts.Held;
import dev.switchboard.node.runtime.StateException.Reason;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.SequenceRun;
import dev.switchboard.proto.weights.Checksums;
import java.time.Duration;
import java.util.ArrayList;
import java.util.Collection;
import java.util.HashMap;
import java.util.Iterator;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.LongSupplier;
import org.jspecify.annotations.Nullable;

/**
 * The states of stateful experts, by sequence, layer and expert. A version is the number of tokens
 * that have moved a state.
 *
 * <p>Beside each state stand the one before its last run, and that run's answer: a run that is sent
 * again is answered from what is kept; one that begins where the last began, but differs, is
 * computed from the state before; anything else that does not begin at the state's version is a
 * gap.
 *
 * <p>A run may bring the state that it starts from: its router rebuilds what a lost node had, or
 * what was dropped here.
 *
 * <p>Memory is bounded where sequences begin: a new state that does not fit is refused, after
 * sequences that nobody has asked for in a long while were dropped, and those that rest and that
 * their routers can rebuild; one that has begun may go on. What a router had goes when its lease is
 * over. Belongs to the computing thread.
 */
public final class StateStore {
  /** A router that is gone does not release; what it left behind goes when memory is short. */
  static final Duration ABANDONED_AFTER = Duration.ofMinutes(10);

  /** A state that its router can rebuild may be dropped for others when it has rested so long. */
  static final Duration RESTS_AFTER = Duration.ofSeconds(1);

  /** A state's binary form. */
  public record Snapshot(long version, byte[] bytes) {}

  private record Place(int layer, int expert) {
    ExpertUnits.Member member() {
      return new ExpertUnits.Member(layer, expert);
    }

    static Place of(Held held) {
      return new Place(held.layer(), held.index());
    }
  }

  private record Entry(ExpertState now, @Nullable ExpertState before, float @Nullable [] answer) {
    long bytes() {
      return now.bytes()
          + (before == null ? 0 : before.bytes())
          + (answer == null ? 0 : (long) Float.BYTES * answer.length);
    }

    boolean redoes(SequenceRun run) {
      return before != null && before.version() == run.getVersionBefore();
    }

    boolean repeats(SequenceRun run) {
      return redoes(run) && answer != null && now.version() == run.getVersionAfter();
    }
  }

  private static final class Sequence {
    final Map<Place, Entry> entries = new HashMap<>();
    String router = "";
    boolean rebuildable;
    long usedNanos;
  }

  private final long maxBytes;
  private final LongSupplier nanoTime;

  /** The one that was used longest ago comes first. */
  private final LinkedHashMap<Long, Sequence> sequences = new LinkedHashMap<>(16, 0.75f, true);

  private long bytes;
  private long evictions;

  public StateStore(long maxBytes, LongSupplier nanoTime) {
    this.maxBytes = maxBytes;
    this.nanoTime = nanoTime;
  }

  /** Memory of all states and kept answers. */
  public long memoryBytes() {
    return bytes;
  }

  /** Why the group cannot be computed now, if so; nothing has been changed then. */
  Optional<Verdict> refusal(ExpertGroup group, Held held) {
    long fresh = 0;
    for (SequenceRun run : group.getRunsList()) {
      Entry entry = entry(run.getSequenceId(), Place.of(held));
      Optional<Verdict> wrong =
          run.getStateGiven() ? wrongState(group, run, held) : gap(group, run, held, entry);
      if (wrong.isPresent()) {
        return wrong;
      }
      fresh += entry == null ? 2 * held.expert().newState().bytes() : 0;
    }
    return noRoom(fresh)
        .map(message -> new Verdict.Refuse(group, GroupStatus.GROUP_STATUS_OVERLOADED, message, 0));
  }

  private static Optional<Verdict> gap(
      ExpertGroup group, SequenceRun run, Held held, @Nullable Entry entry) {
    long have = entry == null ? 0 : entry.now.version();
    boolean follows = have == run.getVersionBefore();
    boolean known = entry != null || run.getRowCount() > 0;
    if (known && (follows || (entry != null && run.getRowCount() > 0 && entry.redoes(run)))) {
      return Optional.empty();
    }
    String message =
        "%s: the batch begins at version %s, the state is at %d"
            .formatted(
                name(run.getSequenceId(), held),
                Long.toUnsignedString(run.getVersionBefore()),
                have);
    return Optional.of(
        new Verdict.Refuse(group, GroupStatus.GROUP_STATUS_STATE_VERSION, message, have));
  }

  private static Optional<Verdict> wrongState(ExpertGroup group, SequenceRun run, Held held) {
    try {
      given(run, held);
      return Optional.empty();
    } catch (StateException e) {
      return Optional.of(
          new Verdict.Refuse(
              group, GroupStatus.GROUP_STATUS_INVALID, String.valueOf(e.getMessage()), 0));
    }
  }

  /** The state that the run brings along. */
  private static ExpertState given(SequenceRun run, Held held) {
    if (run.getState().isEmpty() && run.getVersionBefore() == 0) {
      return held.expert().newState();
    }
    byte[] bytes = run.getState().toByteArray();
    if (Checksums.crc32c(bytes) != run.getStateCrc32C()) {
      throw new StateException(
          Reason.INVALID,
          name(run.getSequenceId(), held)
              + ": the state of %d bytes that came along is damaged".formatted(bytes.length));
    }
    return read(run.getSequenceId(), held, new Snapshot(run.getVersionBefore(), bytes));
  }

  /** The kept answer {@code [rows, dModel]} of a run that is sent again. */
  Optional<float[]> kept(SequenceRun run, Held held) {
    Entry entry = entry(run.getSequenceId(), Place.of(held));
    return entry != null && entry.repeats(run) && !run.getStateGiven()
        ? Optional.ofNullable(entry.answer)
        : Optional.empty();
  }

  /**
   * A copy of the state that an admitted run starts from; it becomes the sequence's with {@link
   * #moved}.
   */
  ExpertState startOf(SequenceRun run, Held held) {
    return start(run, held).copy();
  }

  /**
   * The run is done: {@code end} is the state after it, {@code answer} what it gave.
   *
   * @param router whose sequence it is
   */
  void moved(SequenceRun run, Held held, ExpertState end, float[] answer, String router) {
    ExpertState start = start(run, held);
    Sequence sequence = put(run.getSequenceId(), Place.of(held), new Entry(end, start, answer));
    sequence.router = router;
    sequence.rebuildable = run.getRebuildable();
  }

  /** The state of a sequence as bytes. */
  public Snapshot snapshot(long sequenceId, Held held) {
    ExpertState state = require(sequenceId, held).now;
    return new Snapshot(state.version(), state.toBytes());
  }

  /** Puts a state in the place of whatever the sequence had. */
  public void restore(long sequenceId, Held held, Snapshot snapshot) {
    ExpertState state = read(sequenceId, held, snapshot);
    Entry was = entry(sequenceId, Place.of(held));
    requireRoom(2 * state.bytes() - (was == null ? 0 : was.bytes()));
    put(sequenceId, Place.of(held), new Entry(state, null, null));
  }

  /** Lets another sequence go on from where this one is; returns the version. */
  public long fork(long sequenceId, Held held, long newSequenceId) {
    Entry entry = require(sequenceId, held);
    if (entry(newSequenceId, Place.of(held)) != null) {
      throw new StateException(
          Reason.EXISTS, name(newSequenceId, held) + ": there is a state already");
    }
    requireRoom(2 * entry.now.bytes());
    put(newSequenceId, Place.of(held), new Entry(entry.now.copy(), null, null));
    return entry.now.version();
  }

  /** Forgets sequences; returns the states that they had. */
  public int release(Collection<Long> sequenceIds) {
    int released = 0;
    for (long id : sequenceIds) {
      Sequence sequence = sequences.remove(id);
      if (sequence != null) {
        sequence.entries.values().forEach(entry -> bytes -= entry.bytes());
        released += sequence.entries.size();
      }
    }
    return released;
  }

  /** Forgets what routers had; returns the states. */
  public int releaseOf(Collection<String> routers) {
    return release(
        sequences.entrySet().stream()
            .filter(sequence -> routers.contains(sequence.getValue().router))
            .map(Map.Entry::getKey)
            .toList());
  }

  /** Forgets the states of experts that the node no longer holds. */
  public void dropExperts(Collection<ExpertUnits.Member> experts) {
    for (Iterator<Sequence> all = sequences.values().iterator(); all.hasNext(); ) {
      Sequence sequence = all.next();
      sequence.entries.forEach(
          (place, entry) -> bytes -= experts.contains(place.member()) ? entry.bytes() : 0);
      sequence.entries.keySet().removeIf(place -> experts.contains(place.member()));
      if (sequence.entries.isEmpty()) {
        all.remove();
      }
    }
  }

  private ExpertState start(SequenceRun run, Held held) {
    if (run.getStateGiven()) {
      return given(run, held);
    }
    Entry entry = entry(run.getSequenceId(), Place.of(held));
    if (entry == null) {
      return held.expert().newState();
    }
    if (entry.now.version() == run.getVersionBefore()) {
      return entry.now;
    }
    if (entry.before != null && entry.redoes(run)) {
      return entry.before;
    }
    throw new IllegalStateException("a run that should have been refused: " + run);
  }

  private static ExpertState read(long sequenceId, Held held, Snapshot snapshot) {
    ExpertState state;
    try {
      state = held.expert().readState(snapshot.bytes());
    } catch (IllegalArgumentException e) {
      throw new StateException(Reason.INVALID, name(sequenceId, held) + ": " + e.getMessage());
    }
    if (state.version() != snapshot.version()) {
      throw new StateException(
          Reason.INVALID,
          "%s: the state is of version %d, the call says %d"
              .formatted(name(sequenceId, held), state.version(), snapshot.version()));
    }
    return state;
  }

  private Sequence put(long sequenceId, Place place, Entry entry) {
    Sequence sequence = sequences.computeIfAbsent(sequenceId, id -> new Sequence());
    sequence.usedNanos = nanoTime.getAsLong();
    Entry was = sequence.entries.put(place, entry);
    bytes += entry.bytes() - (was == null ? 0 : was.bytes());
    return sequence;
  }

  private Entry require(long sequenceId, Held held) {
    Entry entry = entry(sequenceId, Place.of(held));
    if (entry == null) {
      throw new StateException(Reason.NOT_FOUND, name(sequenceId, held) + ": no state is kept");
    }
    return entry;
  }

  private @Nullable Entry entry(long sequenceId, Place place) {
    Sequence sequence = sequences.get(sequenceId);
    return sequence == null ? null : sequence.entries.get(place);
  }

  private void requireRoom(long more) {
    noRoom(more)
        .ifPresent(message -> {
          throw new StateException(Reason.NO_MEMORY, message);
        });
  }

  /** Makes room if need be; empty if there is. */
  private Optional<String> noRoom(long more) {
    if (more <= 0 || bytes + more <= maxBytes) {
      return Optional.empty();
    }
    long now = nanoTime.getAsLong();
    List<Long> abandoned =
        sequences.entrySet().stream()
            .filter(s -> now - s.getValue().usedNanos >= ABANDONED_AFTER.toNanos())
            .map(Map.Entry::getKey)
            .toList();
    release(abandoned);
    evict(more, now);
    if (bytes + more <= maxBytes) {
      return Optional.empty();
    }
    return Optional.of(
        "no memory for new states: %d bytes are wanted, %d of %d are used"
            .formatted(more, bytes, maxBytes));
  }

  /** Drops what rests and can be rebuilt, the one that was used longest ago first. */
  private void evict(long more, long now) {
    List<Long> evicted = new ArrayList<>();
    long left = bytes;
    for (Map.Entry<Long, Sequence> each : sequences.entrySet()) {
      Sequence sequence = each.getValue();
      if (left + more <= maxBytes) {
        break;
      }
      if (sequence.rebuildable && now - sequence.usedNanos >= RESTS_AFTER.toNanos()) {
        evicted.add(each.getKey());
        left -= sequence.entries.values().stream().mapToLong(Entry::bytes).sum();
      }
    }
    release(evicted);
    evictions += evicted.size();
  }

  /** Sequences that were dropped for others, for their routers to rebuild. */
  long evictions() {
    return evictions;
  }

  private static String name(long sequenceId, Held held) {
    return "sequence %s, layer %d, expert %d"
        .formatted(Long.toUnsignedString(sequenceId), held.layer(), held.index());
  }
}
