/**
 * Weights rounded to fewer bits, and the files that hold them: the searches for scales, the rules
 * that say which tensor gets which type, the writing of GGUF files.
 */
@NullMarked
package dev.switchboard.model.quantise;

import org.jspecify.annotations.NullMarked;
