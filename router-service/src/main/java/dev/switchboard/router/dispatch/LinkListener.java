package dev.switchboard.router.dispatch;

import dev.switchboard.proto.codec.ExpertResultFrame;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** What a link's stream says. Runs on the network's thread. */
final class LinkListener extends ClientCall.Listener<ExpertResultFrame> {
  private final NodeLink link;
  private final LinkStream stream;

  LinkListener(NodeLink link, LinkStream stream) {
    this.link = link;
    this.stream = stream;
  }

  @Override
  public void onMessage(ExpertResultFrame frame) {
    stream.requestOne();
    link.received(stream, frame);
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    link.ended(stream, status.getCode() == Status.Code.FAILED_PRECONDITION, text(status));
  }

  /** What a message that could not be read lacked is in the cause. */
  private static String text(Status status) {
    String description =
        status.getCause() instanceof StatusRuntimeException unread
            ? unread.getStatus().getDescription()
            : status.getDescription();
    return description == null ? status.getCode().name() : description;
  }
}
