/**
 * The hand-written side of the wire: expert batches and results whose rows go straight between
 * {@code float[]} and the transport, the exchange that opens a stream, and the one way in which
 * every process opens gRPC servers and channels.
 *
 * <p>The frames carry exactly the bytes of {@code expert.proto}: a peer with plain generated stubs
 * reads and writes them.
 */
@NullMarked
package dev.switchboard.proto.codec;

import org.jspecify.annotations.NullMarked;
