/**
 * Java client of a Switchboard router: streamed generation that can be cancelled, routing, status.
 * Every call carries a deadline; what the router refuses arrives as {@link
 * io.grpc.StatusRuntimeException}.
 */
@NullMarked
package dev.switchboard.client;

import org.jspecify.annotations.NullMarked;
