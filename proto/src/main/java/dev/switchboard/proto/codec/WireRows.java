package dev.switchboard.proto.codec;

/** Rows of one message: floats, or quantised activations as they are. */
public sealed interface WireRows permits TensorRows, CodeRows {
  int count();

  int width();
}
