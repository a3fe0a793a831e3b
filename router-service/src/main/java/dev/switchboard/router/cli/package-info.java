/** The commands {@code router}, {@code inspect}, {@code check} and {@code quantize}. */
@NullMarked
package dev.switchboard.router.cli;

import org.jspecify.annotations.NullMarked;
