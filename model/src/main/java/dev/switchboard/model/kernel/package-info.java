/**
 * All arithmetic on floats: a checking facade ({@link dev.switchboard.model.kernel.Kernels}), a
 * plain scalar implementation, and a Vector API twin that gives the same bits. The facade checks
 * shapes, the implementations trust it.
 */
@NullMarked
package dev.switchboard.model.kernel;

import org.jspecify.annotations.NullMarked;
