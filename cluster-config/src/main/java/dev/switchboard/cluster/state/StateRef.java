package dev.switchboard.cluster.state;

/**
 * A sequence's snapshot in the grid.
 *
 * @param tokens how many of the session's tokens it has read
 */
public record StateRef(BlobRef blob, long tokens) {}
