package dev.switchboard.router.dispatch;

import java.util.HashMap;
import java.util.HashSet;
import java.util.Map;
import java.util.Set;
import org.jspecify.annotations.Nullable;

/**
 * Where the states of stateful experts live, and how many tokens each has seen. The dispatching
 * thread only.
 */
final class SequenceHomes {
  private record Key(int layer, int expert) {}

  private record Home(int link, long version) {}

  /** One sequence's states, and all links that may hold something of it. */
  private static final class States {
    final Map<Key, Home> homes = new HashMap<>();
    final Set<Integer> touched = new HashSet<>();
  }

  private final Map<Long, States> sequences = new HashMap<>();

  /** Number of the link whose node holds the state, or {@link StateHomes#NEW}. */
  int link(long sequence, int layer, int expert) {
    Home home = home(sequence, layer, expert);
    return home == null ? StateHomes.NEW : home.link();
  }

  /** Tokens that the state has seen. */
  long version(long sequence, int layer, int expert) {
    Home home = home(sequence, layer, expert);
    return home == null ? 0 : home.version();
  }

  private @Nullable Home home(long sequence, int layer, int expert) {
    States states = sequences.get(sequence);
    return states == null ? null : states.homes.get(new Key(layer, expert));
  }

  /** Rows of the sequence are on their way to the link. */
  void sent(long sequence, int link) {
    sequences.computeIfAbsent(sequence, s -> new States()).touched.add(link);
  }

  /** The state has moved on by some rows. */
  void answered(long sequence, int layer, int expert, int link, int rows) {
    long version = version(sequence, layer, expert) + rows;
    sequences
        .computeIfAbsent(sequence, s -> new States())
        .homes
        .put(new Key(layer, expert), new Home(link, version));
  }

  /** Forgets the sequence; returns the links that may hold something of it. */
  Set<Integer> forget(long sequence) {
    States states = sequences.remove(sequence);
    return states == null ? Set.of() : states.touched;
  }

  int sequences() {
    return sequences.size();
  }
}
