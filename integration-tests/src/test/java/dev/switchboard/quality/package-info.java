/**
 * The house rules as tests: who may know whom, how large a method may grow, which instructions a
 * token may meet. Every rule comes with a small piece of code that breaks it, so that a rule which
 * can no longer fail is noticed.
 */
@NullMarked
package dev.switchboard.quality;

import org.jspecify.annotations.NullMarked;
