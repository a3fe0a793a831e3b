/** Routing: the gate, the calls to experts that follow from it, and what becomes of the answers. */
@NullMarked
package dev.switchboard.model.moe;

import org.jspecify.annotations.NullMarked;
