/**
 * What router and node of one host exchange beside gRPC: tensors in memory that both map, and short
 * frames on a socket that say where they lie. The messages are those of the {@code Process} stream.
 */
@NullMarked
package dev.switchboard.proto.lane;

import org.jspecify.annotations.NullMarked;
