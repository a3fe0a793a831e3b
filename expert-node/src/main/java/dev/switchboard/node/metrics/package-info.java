/** What a node tells of itself to a reader of metrics. */
@NullMarked
package dev.switchboard.node.metrics;

import org.jspecify.annotations.NullMarked;
