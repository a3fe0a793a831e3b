package dev.switchboard.model;

/**
 * The next tokens of one sequence in a step.
 *
 * @param tokens at least one
 * @param wantsLogits whether logits are wanted after the last of them
 */
public record StepSegment(SequenceState sequence, int[] tokens, boolean wantsLogits) {}
