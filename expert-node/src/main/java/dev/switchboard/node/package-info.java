/** One expert shard in one JVM: puts the parts together, starts them, stops them. */
@NullMarked
package dev.switchboard.node;

import org.jspecify.annotations.NullMarked;
