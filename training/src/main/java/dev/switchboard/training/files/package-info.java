/** Files that training writes and reads again. */
@NullMarked
package dev.switchboard.training.files;

import org.jspecify.annotations.NullMarked;
