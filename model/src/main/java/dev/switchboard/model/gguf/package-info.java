/**
 * GGUF files of the known architectures, shown as folders of Hugging Face are: metadata become a
 * configuration, tensors get the names that the families read. Where llama.cpp's converter stores
 * other values than the folder holds, the configuration says so.
 */
@NullMarked
package dev.switchboard.model.gguf;

import org.jspecify.annotations.NullMarked;
