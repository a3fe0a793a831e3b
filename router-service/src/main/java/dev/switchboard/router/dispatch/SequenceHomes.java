package dev.switchboard.router.dispatch;

import com.google.protobuf.ByteString;
import dev.switchboard.model.snapshot.SnapshotException;
import dev.switchboard.model.snapshot.SnapshotException.Problem;
import dev.switchboard.proto.v1.RunState;
import dev.switchboard.proto.weights.Checksums;
import java.util.HashMap;
import java.util.HashSet;
import java.util.List;
import java.util.Map;
import java.util.Set;
import java.util.TreeMap;
import org.jspecify.annotations.Nullable;

/**
 * Where the states of stateful experts live, and what rebuilds them when their node is lost or has
 * dropped them: a copy that the node sent along with an answer, and the rows since then. Nodes are
 * asked for a new copy so often that no more than {@link Keeping#replayTokens} rows have to be
 * replayed. Pure; the dispatching thread only.
 */
final class SequenceHomes {
  /** One expert of one layer. */
  record Key(int layer, int expert) implements Comparable<Key> {
    @Override
    public int compareTo(Key other) {
      int byLayer = Integer.compare(layer, other.layer);
      return byLayer != 0 ? byLayer : Integer.compare(expert, other.expert);
    }
  }

  /**
   * How much is kept.
   *
   * @param replayTokens most rows that a lost state is replayed for
   * @param maxBytes memory for copies and rows over all sequences; states beyond it cannot be
   *     rebuilt
   */
  record Keeping(int replayTokens, long maxBytes) {}

  /** One sequence's states, and all links that may hold something of it. */
  private static final class States {
    final Map<Key, HomedState> homes = new TreeMap<>();
    final Set<Integer> touched = new HashSet<>();
  }

  private final Keeping keeping;
  private final Map<Long, States> sequences = new HashMap<>();
  private long bytes;

  SequenceHomes(Keeping keeping) {
    this.keeping = keeping;
  }

  /** The state, or null if there is none yet. */
  @Nullable HomedState find(long sequence, int layer, int expert) {
    States states = sequences.get(sequence);
    return states == null ? null : states.homes.get(new Key(layer, expert));
  }

  /** Tokens that the state has seen. */
  long version(long sequence, int layer, int expert) {
    HomedState state = find(sequence, layer, expert);
    return state == null ? 0 : state.version();
  }

  /** Rows of the sequence are on their way to the link. */
  void sent(long sequence, int link) {
    sequences.computeIfAbsent(sequence, s -> new States()).touched.add(link);
  }

  /** Whether a node should send the state along when it has been moved by some rows. */
  boolean wants(@Nullable HomedState state, int rows) {
    if (state != null && !state.kept()) {
      return bytes < maxBytes();
    }
    return (state == null ? 0 : state.rowCount()) + rows >= keeping.replayTokens();
  }

  private long maxBytes() {
    return keeping.maxBytes();
  }

  /**
   * A node has moved the state.
   *
   * @param input {@code [tokens, width]}
   * @param tokens those whose rows moved it
   * @param after the state as it is now, if the node sent it along
   */
  // size: what a run is; nothing is made for it
  void answered(
      long sequence,
      Key key,
      int width,
      int link,
      float[] input,
      int[] tokens,
      @Nullable RunState after) {
    HomedState state =
        sequences
            .computeIfAbsent(sequence, s -> new States())
            .homes
            .computeIfAbsent(key, k -> new HomedState(width));
    long before = state.bytes();
    state.moved(link, tokens.length);
    if (after != null && fits(after, state.version())) {
      state.known(after.getState());
    } else {
      for (int token : tokens) {
        state.append(input, token * width);
      }
    }
    count(state, before);
  }

  /** A node has read the state out; whether it was what was asked for. */
  boolean read(HomedState state, int link, RunState now) {
    if (!fits(now, state.version())) {
      return false;
    }
    long before = state.bytes();
    state.moved(link, 0);
    state.known(now.getState());
    count(state, before);
    return true;
  }

  private static boolean fits(RunState state, long version) {
    return state.getVersion() == version
        && Checksums.crc32c(state.getState().asReadOnlyByteBuffer()) == state.getCrc32C();
  }

  /** Keeps the books, and gives a copy up that does not fit. */
  private void count(HomedState state, long before) {
    bytes += state.bytes() - before;
    if (bytes > maxBytes() && state.kept()) {
      bytes -= state.bytes();
      state.forgetCopy();
    }
  }

  /**
   * Puts a state there that no node has yet, in the place of what was there.
   *
   * @throws SnapshotException if there is no memory for it
   */
  void put(long sequence, Key key, int width, long version, ByteString copy) {
    HomedState state = new HomedState(width, version, copy);
    if (bytes + state.bytes() > maxBytes()) {
      throw new SnapshotException(
          Problem.UNAVAILABLE,
          "no memory for the states of a sequence: %d bytes are wanted, %d of %d are used"
              .formatted(state.bytes(), bytes, maxBytes()));
    }
    HomedState was = sequences.computeIfAbsent(sequence, s -> new States()).homes.put(key, state);
    bytes += state.bytes() - (was == null ? 0 : was.bytes());
  }

  /**
   * Lets another sequence go on from where this one is.
   *
   * @throws SnapshotException if a state cannot be rebuilt, or there is no memory
   */
  void fork(long sequence, long newSequence) {
    States states = sequences.get(sequence);
    if (states == null) {
      return;
    }
    States forks = new States();
    long more = 0;
    for (Map.Entry<Key, HomedState> each : states.homes.entrySet()) {
      if (!each.getValue().kept()) {
        throw new SnapshotException(
            Problem.UNAVAILABLE,
            "layer %d, expert %d: no copy of the state is kept"
                .formatted(each.getKey().layer(), each.getKey().expert()));
      }
      HomedState fork = each.getValue().fork();
      more += fork.bytes();
      forks.homes.put(each.getKey(), fork);
    }
    if (bytes + more > maxBytes()) {
      throw new SnapshotException(
          Problem.UNAVAILABLE,
          "no memory for the states of a fork: %d bytes are wanted, %d of %d are used"
              .formatted(more, bytes, maxBytes()));
    }
    bytes += more;
    sequences.put(newSequence, forks);
  }

  /** The states of a sequence, by layer and expert. */
  Map<Key, HomedState> states(long sequence) {
    States states = sequences.get(sequence);
    return states == null ? Map.of() : states.homes;
  }

  /** Forgets the states of a sequence, but not where they may be. */
  void forgetStates(long sequence) {
    States states = sequences.get(sequence);
    if (states != null) {
      states.homes.values().forEach(state -> bytes -= state.bytes());
      states.homes.clear();
    }
  }

  /** Forgets the sequence; returns the links that may hold something of it. */
  List<Integer> forget(long sequence) {
    States states = sequences.remove(sequence);
    if (states == null) {
      return List.of();
    }
    states.homes.values().forEach(state -> bytes -= state.bytes());
    return List.copyOf(states.touched);
  }

  int sequences() {
    return sequences.size();
  }

  /** Memory of copies and rows. */
  long bytes() {
    return bytes;
  }
}
