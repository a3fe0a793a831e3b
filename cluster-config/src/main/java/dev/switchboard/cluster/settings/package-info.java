/**
 * Typed settings of every process, read from a YAML file, the environment and flags, and the
 * reference page made from them.
 */
@NullMarked
package dev.switchboard.cluster.settings;

import org.jspecify.annotations.NullMarked;
