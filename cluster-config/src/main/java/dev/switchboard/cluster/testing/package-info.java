/** Hand-written fakes for tests of this and other modules. */
@NullMarked
package dev.switchboard.cluster.testing;

import org.jspecify.annotations.NullMarked;
