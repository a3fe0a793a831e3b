/**
 * Where copies of experts should be, by how much each has to do: a pure function of loads, nodes
 * and the placement in force. Nothing here waits, reads a clock or knows the grid.
 */
@NullMarked
package dev.switchboard.cluster.plan;

import org.jspecify.annotations.NullMarked;
