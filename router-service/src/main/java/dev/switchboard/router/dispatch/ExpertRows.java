package dev.switchboard.router.dispatch;

/**
 * The rows of one expert within a message.
 *
 * @param rows indices into the message's activations, ascending
 * @param slots where each row's output belongs: {@code token * topK + rank}
 */
record ExpertRows(int expert, int[] rows, int[] slots) {}
