/**
 * From logits to a token. Nothing here depends on vector width, thread or batch: the same logits,
 * history, seed and position give the same token on any machine.
 */
@NullMarked
package dev.switchboard.model.sampling;

import org.jspecify.annotations.NullMarked;
