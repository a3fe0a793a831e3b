/** Small random models for the tests of every module. */
@NullMarked
package dev.switchboard.model.testing;

import org.jspecify.annotations.NullMarked;
