package dev.switchboard.router.dispatch;

import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertResultFrame;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import io.grpc.StatusRuntimeException;

/** What a link's stream says. Runs on the network's thread. */
final class LinkListener extends ClientCall.Listener<ExpertResultFrame> {
  private final NodeLink link;
  private final ClientCall<ExpertBatchFrame, ExpertResultFrame> call;

  LinkListener(NodeLink link, ClientCall<ExpertBatchFrame, ExpertResultFrame> call) {
    this.link = link;
    this.call = call;
  }

  @Override
  public void onMessage(ExpertResultFrame frame) {
    call.request(1);
    link.received(call, frame);
  }

  @Override
  public void onClose(Status status, Metadata trailers) {
    link.ended(call, status.getCode() == Status.Code.FAILED_PRECONDITION, text(status));
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
