package dev.switchboard.model.layer;

/** What one mixer remembers of one sequence. Mutable; belongs to that sequence. */
public sealed interface MixerState permits AttentionState, NoState, RecurrentState {
  /** Memory held. */
  long bytes();

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
