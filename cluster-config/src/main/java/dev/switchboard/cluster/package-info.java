/**
 * Who is there, who holds which experts, and how much was done: immutable views, the pure placement
 * decisions, and the {@link dev.switchboard.cluster.Grid} that carries them between processes.
 * Nothing here knows Hazelcast.
 */
@NullMarked
package dev.switchboard.cluster;

import org.jspecify.annotations.NullMarked;
