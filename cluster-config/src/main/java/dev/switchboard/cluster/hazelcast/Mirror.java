package dev.switchboard.cluster.hazelcast;

import java.util.Arrays;
import java.util.Map;
import java.util.Optional;
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
   * An entry and the bytes that it came as, which a compare-and-set needs.
   *
   * @param entry the value
   * @param bytes its encoded form
   */
  @SuppressWarnings("ArrayRecordComponent")
  record Copy(GridCodec.Entry entry, byte[] bytes) {}

  void put(String key, byte[] bytes) {
    try {
      Copy copy = new Copy(GridCodec.decode(bytes), bytes);
      copies.merge(
          key, copy, (old, next) -> next.entry.sequence() >= old.entry.sequence() ? next : old);
    } catch (IllegalArgumentException e) {
      log.warn("entry {} is left out: {}", key, e.getMessage());
    }
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
    return copy != null && type.isInstance(copy.entry.body())
        ? Optional.of(type.cast(copy.entry.body()))
        : Optional.empty();
  }

  /** The bytes of a key as they are in the grid. */
  byte @Nullable [] bytes(String key) {
    Copy copy = copies.get(key);
    return copy == null ? null : Arrays.copyOf(copy.bytes, copy.bytes.length);
  }

  /** Keys of all entries now. */
  Iterable<String> keys() {
    return copies.keySet();
  }
}
