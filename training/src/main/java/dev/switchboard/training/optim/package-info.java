/** Optimizers and schedules. */
@NullMarked
package dev.switchboard.training.optim;

import org.jspecify.annotations.NullMarked;
