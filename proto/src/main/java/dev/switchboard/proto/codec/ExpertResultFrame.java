package dev.switchboard.proto.codec;

import dev.switchboard.proto.v1.ExpertResult;

/**
 * One {@code ExpertResult}: its fields without the tensor, and the tensor's rows.
 *
 * @param header everything but {@code outputs}, which must not be set
 * @param outputs rows of all OK groups in the order of the header's groups, {@code [rows, width of
 *     the layer's experts]}
 */
public record ExpertResultFrame(ExpertResult header, TensorRows outputs) {
  public ExpertResultFrame {
    if (header.hasOutputs()) {
      throw new IllegalArgumentException(
          "the header of a result frame must not carry outputs: they are its rows");
    }
  }
}
