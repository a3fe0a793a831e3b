/**
 * Clusters of real processes, started by the launcher as users start them, on free ports of the
 * loopback address. Every wait has a deadline, every process is ended by the test that started it,
 * and its output is kept below {@code target/processes}.
 */
@NullMarked
package dev.switchboard.integration;

import org.jspecify.annotations.NullMarked;
