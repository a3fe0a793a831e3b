/**
 * Weight files: safetensors and GGUF read through mapped memory, written atomically; index files;
 * {@code config.json}.
 */
@NullMarked
package dev.switchboard.model.checkpoint;

import org.jspecify.annotations.NullMarked;
