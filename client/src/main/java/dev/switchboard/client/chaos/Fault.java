package dev.switchboard.client.chaos;

import java.time.Duration;

/**
 * One fault.
 *
 * @param victim number of the router or node, counted from 0
 * @param after time of quiet before it
 * @param lasts how long it goes on, where it is not over at once
 * @param seed of what is random in it
 */
record Fault(FaultKind kind, int victim, Duration after, Duration lasts, long seed) {}
