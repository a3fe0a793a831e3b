package dev.switchboard.model.layer;

/**
 * What a new sequence's mixers are given.
 *
 * @param declaredTokens length of the prompt as it was declared; 0 if it was not. Rope kinds that
 *     depend on the length take their variant from it, once.
 */
public record SequenceMemory(long declaredTokens) {
  public SequenceMemory {
    if (declaredTokens < 0) {
      throw new IllegalArgumentException(declaredTokens + " declared tokens");
    }
  }
}
