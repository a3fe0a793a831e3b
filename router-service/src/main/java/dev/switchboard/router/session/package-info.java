/**
 * Conversations that outlive a request and a router: what of a session is in the grid, what a turn
 * goes on from, and what is left behind while it runs.
 */
@NullMarked
package dev.switchboard.router.session;

import org.jspecify.annotations.NullMarked;
