/** {@code switchboard node}: options, start, end. */
@NullMarked
package dev.switchboard.node.cli;

import org.jspecify.annotations.NullMarked;
