/** A router's way to its nodes without threads, for the simulation. */
@NullMarked
package dev.switchboard.router.dispatch;

import org.jspecify.annotations.NullMarked;
