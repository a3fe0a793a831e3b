package dev.switchboard.cluster.state;

import dev.switchboard.cluster.state.StateException.Kind;
import java.util.ArrayList;
import java.util.Arrays;
import java.util.Collection;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;

/** Open values over a map that sees ciphertext alone, under hidden names. */
public final class SealedStates {
  /** Largest open value. */
  public static final int MOST_BYTES = StateMap.MOST_BYTES - Sealing.OVERHEAD_BYTES;

  private static final int WARM_BYTES = 2048;
  private static final int WARM_CALLS = 8000;

  private final StateMap map;
  private final Sealing sealing;

  public SealedStates(StateMap map, StateKey key) {
    this.map = map;
    this.sealing = new Sealing(key);
  }

  /**
   * A value and how it lies in the grid, which {@link #swap} needs.
   *
   * @param value open
   * @param sealed as it was read or written
   */
  @SuppressWarnings("ArrayRecordComponent") // compared by nobody
  record Kept(byte[] value, byte[] sealed) {}

  Optional<Kept> get(String name) {
    return map.get(List.of(sealing.hide(name)))
        .getFirst()
        .map(sealed -> new Kept(sealing.open(name, sealed), sealed));
  }

  /** The values of the names, in their order; empty for those that are not there. */
  public List<Optional<byte[]>> get(List<String> names) {
    List<Optional<byte[]>> sealed = map.get(hidden(names));
    List<Optional<byte[]>> open = new ArrayList<>(names.size());
    for (int i = 0; i < names.size(); i++) {
      String name = names.get(i);
      open.add(sealed.get(i).map(bytes -> sealing.open(name, bytes)));
    }
    return open;
  }

  /** Writes all values, over what was there. */
  public void put(Map<String, byte[]> values) {
    Map<String, byte[]> sealed = new LinkedHashMap<>();
    values.forEach((name, value) -> sealed.put(sealing.hide(name), seal(name, value)));
    map.put(sealed);
  }

  /**
   * Writes a value if the expected one is still there.
   *
   * @return how it lies there now; empty if somebody else has written
   */
  Optional<Kept> swap(String name, Optional<Kept> expected, byte[] value) {
    byte[] sealed = seal(name, value);
    boolean done = map.swap(sealing.hide(name), expected.map(Kept::sealed), sealed);
    return done
        ? Optional.of(new Kept(Arrays.copyOf(value, value.length), sealed))
        : Optional.empty();
  }

  /** Lets the values live as long from now on as if they had been written now. */
  public void keep(Collection<String> names) {
    map.keep(hidden(names));
  }

  /** Removes what is there of the names. */
  public void remove(Collection<String> names) {
    map.remove(hidden(names));
  }

  /**
   * Seals and opens values here, so that the first real one does not wait for the compiler: until
   * it has seen enough calls, 2.8 MB take 40 ms and more, and half a millisecond to open
   * afterwards. Many small ones get there sooner than few large ones.
   */
  public void warm() {
    byte[] value = new byte[WARM_BYTES];
    for (int i = 0; i < WARM_CALLS; i++) {
      sealing.open("warm", sealing.seal("warm", value));
    }
  }

  private byte[] seal(String name, byte[] value) {
    if (value.length > MOST_BYTES) {
      throw new StateException(
          Kind.TOO_LARGE,
          "a value of %d bytes is to be kept, at most %d are".formatted(value.length, MOST_BYTES));
    }
    return sealing.seal(name, value);
  }

  private List<String> hidden(Collection<String> names) {
    return names.stream().map(sealing::hide).toList();
  }
}
