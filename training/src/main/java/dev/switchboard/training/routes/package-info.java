/** New gates of recorded routes: even load, within a bounded change of what the layers give. */
@NullMarked
package dev.switchboard.training.routes;

import org.jspecify.annotations.NullMarked;
