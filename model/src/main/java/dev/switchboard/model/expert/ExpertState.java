package dev.switchboard.model.expert;

/** What one expert remembers of one sequence. Mutable; one owner. */
public sealed interface ExpertState permits ExpertState.None, MambaExpertState, MixerExpertState {
  /** The state of experts that have none. */
  ExpertState NONE = new None();

  /** Tokens that have moved it. */
  long version();

  /** Memory held. */
  long bytes();

  /** An independent copy. */
  ExpertState copy();

  /** A versioned binary form, little-endian; read back by {@link Expert#readState}. */
  byte[] toBytes();

  /** Nothing to remember. */
  record None() implements ExpertState {
    @Override
    public long version() {
      return 0;
    }

    @Override
    public long bytes() {
      return 0;
    }

    @Override
    public ExpertState copy() {
      return this;
    }

    @Override
    public byte[] toBytes() {
      return new byte[0];
    }
  }
}
