/** Training of trunk and experts: phases, checkpoints, metrics. */
@NullMarked
package dev.switchboard.training.run;

import org.jspecify.annotations.NullMarked;
