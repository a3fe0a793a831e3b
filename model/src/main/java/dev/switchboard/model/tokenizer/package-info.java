/** Text to token ids and back, by Hugging Face's own {@code tokenizer.json} and library. */
@NullMarked
package dev.switchboard.model.tokenizer;

import org.jspecify.annotations.NullMarked;
