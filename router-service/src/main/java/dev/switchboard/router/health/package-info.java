/**
 * How well each node answers, and what follows from it: who is asked less, who is not asked for a
 * while, when another is asked as well, and how much of that there may be. State machines of one
 * thread: time is an argument.
 */
@NullMarked
package dev.switchboard.router.health;

import org.jspecify.annotations.NullMarked;
