/**
 * Kernels by themselves, under JMH, beside OpenBLAS. JMH makes subclasses of what it runs: these
 * classes are public and open.
 */
@NullMarked
package dev.switchboard.benchmarks.kernels;

import org.jspecify.annotations.NullMarked;
