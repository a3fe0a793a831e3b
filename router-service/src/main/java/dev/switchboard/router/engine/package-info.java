/** Joins requests into steps of the model and ends each of them exactly once. */
@NullMarked
package dev.switchboard.router.engine;

import org.jspecify.annotations.NullMarked;
