/**
 * Compares this product with recorded answers of a reference implementation: folders in the form
 * that the golden tests use, and GGUF files beside a {@code reference.json}.
 */
@NullMarked
package dev.switchboard.model.reference;

import org.jspecify.annotations.NullMarked;
