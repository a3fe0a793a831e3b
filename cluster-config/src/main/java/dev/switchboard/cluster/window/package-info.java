/** Counters that only grow, as what was counted lately. */
@NullMarked
package dev.switchboard.cluster.window;

import org.jspecify.annotations.NullMarked;
