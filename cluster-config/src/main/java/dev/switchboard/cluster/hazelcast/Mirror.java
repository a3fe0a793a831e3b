package dev.switchboard.cluster.hazelcast;

import java.util.ArrayList;
import java.util.Arrays;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.Set;
import java.util.concurrent.ConcurrentHashMap;
import org.jspecify.annotations.Nullable;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * This process's copy of one map of the grid, kept up by events and re-read after every loss of
 * contact. Whatever comes late or twice does no harm: the entry with the higher sequence stays.
 */
final class Mirror {
  private static final Logger log = LoggerFactory.getLogger(Mirror.class);

  private final Map<String, Copy> copies = new ConcurrentHashMap<>();

  /**
   * A value and the bytes that it came as, which a compare-and-set needs.
   *
   * @param body the value; absent if it is of another version or damaged: it counts as not there,
   *     and can be replaced
   * @param bytes its encoded form
   */
  @SuppressWarnings("ArrayRecordComponent")
  private record Copy(long sequence, Optional<Object> body, byte[] bytes) {
    static Copy of(String key, byte[] bytes) {
      try {
        GridCodec.Entry entry = GridCodec.decode(bytes);
        return new Copy(entry.sequence(), Optional.of(entry.body()), bytes);
      } catch (IllegalArgumentException e) {
        log.warn("entry {} counts as not there: {}", key, e.getMessage());
        return new Copy(GridCodec.sequence(bytes), Optional.empty(), bytes);
      }
    }

    Copy or(Copy next) {
      return body.isEmpty() || next.sequence >= sequence ? next : this;
    }
  }

  void put(String key, byte[] bytes) {
    copies.merge(key, Copy.of(key, bytes), Copy::or);
  }

  void remove(String key) {
    copies.remove(key);
  }

  void clear() {
    copies.clear();
  }

  /** The value of a key, if it is there and of that type. */
  <T> Optional<T> get(String key, Class<T> type) {
    Copy copy = copies.get(key);
    return copy == null ? Optional.empty() : copy.body.filter(type::isInstance).map(type::cast);
  }

  /** Whether there is an entry, also one that cannot be read here. */
  boolean has(String key) {
    return copies.containsKey(key);
  }

  /** The bytes of a key as they are in the grid. */
  byte @Nullable [] bytes(String key) {
    Copy copy = copies.get(key);
    return copy == null ? null : Arrays.copyOf(copy.bytes, copy.bytes.length);
  }

  /** Keys of all entries now. */
  Set<String> keys() {
    return Set.copyOf(copies.keySet());
  }

  /** All values of a type. */
  <T> List<Entry<T>> all(Class<T> type) {
    List<Entry<T>> all = new ArrayList<>();
    copies.forEach((key, copy) ->
        copy.body
            .filter(type::isInstance)
            .ifPresent(
                body -> all.add(new Entry<>(key, copy.sequence, type.cast(body), copy.bytes))));
    return all;
  }

  /**
   * A value with its key and its number.
   *
   * @param bytes as it is in the grid; not to be changed
   */
  @SuppressWarnings("ArrayRecordComponent") // never compared
  record Entry<T>(String key, long sequence, T body, byte[] bytes) {}
}
