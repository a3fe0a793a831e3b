/** The commands {@code router} and {@code inspect}. */
@NullMarked
package dev.switchboard.router.cli;

import org.jspecify.annotations.NullMarked;
