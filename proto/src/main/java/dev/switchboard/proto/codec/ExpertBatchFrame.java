package dev.switchboard.proto.codec;

import dev.switchboard.proto.v1.ExpertBatch;
import java.util.Optional;

/**
 * One {@code ExpertBatch}: its fields without the tensor, and the tensor's rows.
 *
 * @param header everything but {@code activations}, which must not be set
 * @param activations {@code [rows, width of the layer's experts]}
 * @param malformed why the bytes that arrived were no batch; the other two are then empty. (gRPC
 *     would answer an exception of its parser with UNKNOWN and a stack trace; so the service
 *     answers, with INVALID_ARGUMENT.)
 */
public record ExpertBatchFrame(
    ExpertBatch header, WireRows activations, Optional<String> malformed) {
  public ExpertBatchFrame {
    if (header.hasActivations()) {
      throw new IllegalArgumentException(
          "the header of a batch frame must not carry activations: they are its rows");
    }
  }

  public ExpertBatchFrame(ExpertBatch header, WireRows activations) {
    this(header, activations, Optional.empty());
  }

  static ExpertBatchFrame malformed(String reason) {
    return new ExpertBatchFrame(
        ExpertBatch.getDefaultInstance(), TensorRows.NONE, Optional.of(reason));
  }
}
