/**
 * A router process put together: model, engine, experts, grid and services, started and stopped in
 * order.
 */
@NullMarked
package dev.switchboard.router;

import org.jspecify.annotations.NullMarked;
