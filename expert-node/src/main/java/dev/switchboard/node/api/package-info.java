/**
 * The node's gRPC face: streams of batches, calls about states, what it holds and has done. Adapts;
 * decides nothing else.
 */
@NullMarked
package dev.switchboard.node.api;

import org.jspecify.annotations.NullMarked;
