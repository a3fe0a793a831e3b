/** What {@code ./switchboard bench} measures: tokens a second, and what a remote layer adds. */
@NullMarked
package dev.switchboard.benchmarks;

import org.jspecify.annotations.NullMarked;
