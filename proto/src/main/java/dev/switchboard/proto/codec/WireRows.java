package dev.switchboard.proto.codec;

/** Rows of one message: floats, or quantised activations as they are; here, or in shared memory. */
public sealed interface WireRows permits TensorRows, CodeRows, SharedRows {
  int count();

  int width();

  /** Columns that share a scale, where the rows are codes; 0: floats. */
  int block();
}
