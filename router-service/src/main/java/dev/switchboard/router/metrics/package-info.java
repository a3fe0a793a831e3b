/** What a router tells of itself to a reader of metrics. */
@NullMarked
package dev.switchboard.router.metrics;

import org.jspecify.annotations.NullMarked;
