/** Command line of the training programs. */
@NullMarked
package dev.switchboard.training.cli;

import org.jspecify.annotations.NullMarked;
