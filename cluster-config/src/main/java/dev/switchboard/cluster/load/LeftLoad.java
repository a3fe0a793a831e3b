package dev.switchboard.cluster.load;

import dev.switchboard.cluster.LoadTotals;

/**
 * What a process had counted when it left, or when it was seen last.
 *
 * @param process its id, which no other process ever has
 * @param model fingerprint of its model
 * @param ended whether it has said so itself: then this is all, and it never comes back
 */
public record LeftLoad(String process, String model, boolean ended, LoadTotals totals) {}
