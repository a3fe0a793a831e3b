/** A model as a whole: opening it, its trunk, the state of a sequence, and the one forward pass. */
@NullMarked
package dev.switchboard.model;

import org.jspecify.annotations.NullMarked;
