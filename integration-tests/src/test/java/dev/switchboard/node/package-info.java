/** A node without threads, for the simulation. */
@NullMarked
package dev.switchboard.node;

import org.jspecify.annotations.NullMarked;
