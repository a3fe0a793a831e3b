/**
 * Private clusters: a router and its nodes as child processes on the loopback interface, which end
 * with their parent however it ends.
 */
@NullMarked
package dev.switchboard.client.process;

import org.jspecify.annotations.NullMarked;
