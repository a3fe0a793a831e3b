/** Gives a model's bytes to processes that have no files of it, checksummed chunk by chunk. */
@NullMarked
package dev.switchboard.proto.weights;

import org.jspecify.annotations.NullMarked;
