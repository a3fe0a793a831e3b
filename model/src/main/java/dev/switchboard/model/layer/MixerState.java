package dev.switchboard.model.layer;

import dev.switchboard.model.snapshot.StatePart;
import java.lang.foreign.MemorySegment;
import java.util.List;

/** What one mixer remembers of one sequence. Mutable; belongs to that sequence. */
public sealed interface MixerState permits AttentionState, NoState, RecurrentState {
  /** Memory held. */
  long bytes();

  /**
   * Its own memory, in a fixed order, as {@link StatePart.Kind} says; empty if it has none. Views:
   * read or written between steps alone.
   */
  default List<Memory> memory() {
    return List.of();
  }

  /** A piece of memory and what it holds. */
  record Memory(StatePart.Kind kind, MemorySegment data) {}

  /** An independent copy. */
  MixerState copy();

  /**
   * An independent copy.
   *
   * @param memory of the copy's sequence: what is paged has been forked there
   */
  default MixerState copy(SequenceMemory memory) {
    return copy();
  }
}
