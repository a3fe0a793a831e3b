/**
 * Sends a layer's tokens to the nodes that hold the chosen experts, and brings the rows back in
 * order.
 */
@NullMarked
package dev.switchboard.router.dispatch;

import org.jspecify.annotations.NullMarked;
