/**
 * What is left behind for others to go on with: sessions and the states of sequences, as bounded,
 * encrypted values by name. Pure; {@code cluster.hazelcast} holds the values.
 */
@NullMarked
package dev.switchboard.cluster.state;

import org.jspecify.annotations.NullMarked;
