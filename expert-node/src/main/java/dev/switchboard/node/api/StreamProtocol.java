package dev.switchboard.node.api;

import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertNodeMethods;
import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.v1.Hello;
import io.grpc.Status;
import java.util.List;
import java.util.Optional;

/**
 * What a message of a {@code Process} stream means, given those before it: pure, one stream, one
 * thread at a time.
 */
final class StreamProtocol {
  /** What to do about a message. */
  sealed interface Step {
    /** Answer the opening with our own. */
    record Greet(Hello hello) implements Step {}

    /** Admit the batch, or refuse it. */
    record Admit(ExpertBatchFrame batch) implements Step {}

    /** Begin these batches no more. */
    record Cancel(List<Long> ids) implements Step {}

    /** End the stream. */
    record Fail(Status status) implements Step {}
  }

  private final Hello mine;
  private boolean greeted;
  private String router = "";

  StreamProtocol(Hello mine) {
    this.mine = mine;
  }

  Step receive(ExpertBatchFrame frame) {
    if (frame.malformed().isPresent()) {
      String reason = frame.malformed().get();
      return fail(
          reason.contains(ExpertNodeMethods.CORRUPT) ? Status.DATA_LOSS : Status.INVALID_ARGUMENT,
          reason);
    }
    boolean hello = frame.header().hasHello();
    if (greeted && hello) {
      return fail(
          Status.INVALID_ARGUMENT,
          "a second hello; only the first message of a stream carries one");
    }
    if (greeted) {
      return frame.header().getCancelledCount() > 0
          ? new Step.Cancel(frame.header().getCancelledList())
          : new Step.Admit(frame);
    }
    if (!hello) {
      return fail(
          Status.FAILED_PRECONDITION,
          "batch %s came before the hello that opens a stream"
              .formatted(Long.toUnsignedString(frame.header().getId())));
    }
    Optional<String> mismatch = Handshake.check(mine, frame.header().getHello());
    if (mismatch.isPresent()) {
      return fail(Status.FAILED_PRECONDITION, mismatch.get());
    }
    greeted = true;
    router = frame.header().getHello().getSenderId();
    return new Step.Greet(mine);
  }

  /** Who greeted; empty before. */
  String router() {
    return router;
  }

  private static Step fail(Status status, String message) {
    return new Step.Fail(status.withDescription(message));
  }
}
