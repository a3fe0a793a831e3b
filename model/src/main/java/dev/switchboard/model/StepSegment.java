package dev.switchboard.model;

/**
 * The next tokens of one sequence in a step.
 *
 * @param tokens at least one
 */
public record StepSegment(SequenceState sequence, int[] tokens, Logits logits) {
  /** After which of the tokens logits are wanted. */
  public enum Logits {
    NONE,
    LAST,
    ALL
  }

  /** With logits after the last token, or none. */
  public StepSegment(SequenceState sequence, int[] tokens, boolean wantsLogits) {
    this(sequence, tokens, wantsLogits ? Logits.LAST : Logits.NONE);
  }
}
