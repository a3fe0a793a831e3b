/**
 * The gate as something to train: its loss, its gradient, its optimizer, its files. Knows nothing
 * of Spark.
 */
@NullMarked
package dev.switchboard.training.gate;

import org.jspecify.annotations.NullMarked;
