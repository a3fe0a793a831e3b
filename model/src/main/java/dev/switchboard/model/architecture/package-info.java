/**
 * From a family's {@code config.json} to a plan of common layers. Each family is one file that
 * names tensors and rules; no family has a forward loop of its own.
 */
@NullMarked
package dev.switchboard.model.architecture;

import org.jspecify.annotations.NullMarked;
