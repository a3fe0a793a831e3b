/**
 * From an admitted batch to its result: checks, the bounded queue, the one computing thread, the
 * states of stateful experts, and exact counters. Knows experts and messages, but no gRPC call and
 * no grid.
 */
@NullMarked
package dev.switchboard.node.runtime;

import org.jspecify.annotations.NullMarked;
