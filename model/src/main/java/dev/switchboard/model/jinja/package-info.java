/**
 * Jinja templates as chat models bring them: the language of jinja2 as Hugging Face transformers
 * sets it up (blocks trimmed and stripped, loop controls, an immutable sandbox), without anything
 * that reaches outside of the template, and bounded in steps, time and size.
 */
@NullMarked
package dev.switchboard.model.jinja;

import org.jspecify.annotations.NullMarked;
