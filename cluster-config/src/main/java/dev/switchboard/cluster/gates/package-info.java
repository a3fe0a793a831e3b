/** Which gates a deployment routes by: the entry that all routers follow, and how it changes. */
@NullMarked
package dev.switchboard.cluster.gates;

import org.jspecify.annotations.NullMarked;
