package dev.switchboard.cluster.hazelcast;

import java.util.Optional;
import org.jspecify.annotations.Nullable;

/** The map of all members' values, as a compare-and-set needs it. */
interface Swaps {
  /** Puts the first, or replaces exactly what was read; false if somebody else was quicker. */
  boolean swap(String key, byte @Nullable [] expected, byte[] next);

  /** Reads one value. */
  Optional<byte[]> read(String key);
}
