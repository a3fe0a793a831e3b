package dev.switchboard.model.layer;

/** What one mixer remembers of one sequence. Mutable; belongs to that sequence. */
public sealed interface MixerState permits Mamba2State, NoState {
  /** Memory held. */
  long bytes();

  /** An independent copy. */
  MixerState copy();
}
