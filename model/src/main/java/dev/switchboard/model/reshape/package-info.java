/**
 * Models made of other models: a dense one becomes one with experts, and experts are removed or
 * merged. A tensor at a time; the result is a folder in the Hugging Face form.
 */
@NullMarked
package dev.switchboard.model.reshape;

import org.jspecify.annotations.NullMarked;
