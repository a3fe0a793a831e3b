/** A grid without Hazelcast, for the simulation: what production's rounds see of one. */
@NullMarked
package dev.switchboard.cluster.hazelcast;

import org.jspecify.annotations.NullMarked;
