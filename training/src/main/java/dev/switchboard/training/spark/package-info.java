/** The only package that knows Spark: it moves micro-batches and adds gradients. */
@NullMarked
package dev.switchboard.training.spark;

import org.jspecify.annotations.NullMarked;
