/**
 * The whole cluster in one thread: routers and nodes made of the production state machines, over a
 * network, a grid, clocks and faults that a seed decides. What is here is the world around them:
 * see docs/simulation.md.
 */
@NullMarked
package dev.switchboard.simulation;

import org.jspecify.annotations.NullMarked;
