/** The trainable twin of the {@code switchboard} family on PyTorch autograd. */
@NullMarked
package dev.switchboard.training.twin;

import org.jspecify.annotations.NullMarked;
