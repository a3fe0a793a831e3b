package dev.switchboard.model.layer;

import java.lang.foreign.MemorySegment;
import org.jspecify.annotations.Nullable;

/**
 * Memory for the keys and values of 32 tokens, of all layers. Its fields belong to the {@link
 * KvCache}; what lies in {@code data} belongs to the one table that refers to it, and does not
 * change once others do.
 */
final class KvBlock {
  final MemorySegment data;

  /** Tables that refer to it. */
  int references;

  /** Under which others find it; null while they cannot. */
  @Nullable Object key;

  /** Names its content and all before it; never used twice. */
  long serial;

  KvBlock(MemorySegment data) {
    this.data = data;
  }
}
