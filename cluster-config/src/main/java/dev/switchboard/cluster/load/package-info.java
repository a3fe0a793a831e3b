/**
 * What is made of the counters that processes publish: sums in which nothing is lost when a process
 * leaves, windows of what was done lately, and speeds of nodes. No thread and no network: books and
 * the time in, pictures out.
 */
@NullMarked
package dev.switchboard.cluster.load;

import org.jspecify.annotations.NullMarked;
