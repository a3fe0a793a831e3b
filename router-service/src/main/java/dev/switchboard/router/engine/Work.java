package dev.switchboard.router.engine;

/** What a request wants of its prompt. */
public sealed interface Work {
  /** Read it and generate what follows. */
  record Generate(GenerationSpec spec) implements Work {}

  /**
   * Read it and say which experts it woke.
   *
   * @param perToken whether the choices of every token are kept
   * @param gateInputs whether what the gates read is kept as well
   */
  record Route(boolean perToken, boolean gateInputs) implements Work {
    /** Without what the gates read. */
    public Route(boolean perToken) {
      this(perToken, false);
    }
  }

  /** Read it and say how well the model foretells it. */
  record Judge() implements Work {}
}
