/** Corpora: documents in domains, tokenized once, cut into crops by a seeded rule. */
@NullMarked
package dev.switchboard.training.data;

import org.jspecify.annotations.NullMarked;
