/** Line charts as SVG: text alone, no fonts or screens of this machine are needed. */
@NullMarked
package dev.switchboard.benchmarks.chart;

import org.jspecify.annotations.NullMarked;
