/** Threads that compute together: a leader and its crew. Knows nothing of models. */
@NullMarked
package dev.switchboard.model.crew;

import org.jspecify.annotations.NullMarked;
