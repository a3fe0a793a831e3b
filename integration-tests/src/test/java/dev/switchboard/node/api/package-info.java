/** A node's door without gRPC, for the simulation. */
@NullMarked
package dev.switchboard.node.api;

import org.jspecify.annotations.NullMarked;
