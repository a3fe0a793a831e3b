/**
 * The common layers that every model is built of. Weights are immutable; states are per sequence.
 */
@NullMarked
package dev.switchboard.model.layer;

import org.jspecify.annotations.NullMarked;
