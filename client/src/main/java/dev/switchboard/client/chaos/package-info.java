/**
 * Faults, one after another, in a cluster of real processes that is being used, and what its
 * clients notice. What happens when follows from a seed; whether an answer is right is decided by
 * comparing it with the same cluster's undisturbed one.
 */
@NullMarked
package dev.switchboard.client.chaos;

import org.jspecify.annotations.NullMarked;
