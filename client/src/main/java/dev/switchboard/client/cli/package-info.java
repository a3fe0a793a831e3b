/** The commands {@code demo}, {@code generate}, {@code route} and {@code status}. */
@NullMarked
package dev.switchboard.client.cli;

import org.jspecify.annotations.NullMarked;
