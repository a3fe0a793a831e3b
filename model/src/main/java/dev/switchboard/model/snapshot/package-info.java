/**
 * What is left of a sequence between two steps, as a thing: kept, written, read back, on this
 * process or another. Knows bytes, not what they mean; that is the trunk's and the experts' part.
 */
@NullMarked
package dev.switchboard.model.snapshot;

import org.jspecify.annotations.NullMarked;
