/**
 * Which experts this node holds: what the placement asks for, as a state machine, and the loading
 * itself.
 */
@NullMarked
package dev.switchboard.node.shard;

import org.jspecify.annotations.NullMarked;
