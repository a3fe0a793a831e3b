package dev.switchboard.model.layer;

/** What one mixer remembers of one sequence. Mutable; belongs to that sequence. */
public sealed interface MixerState permits RecurrentState, NoState {
  /** Memory held. */
  long bytes();

  /** An independent copy. */
  MixerState copy();
}
