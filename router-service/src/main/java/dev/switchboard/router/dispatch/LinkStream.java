package dev.switchboard.router.dispatch;

import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertNodeMethods;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.codec.TensorRows;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.Hello;
import io.grpc.CallOptions;
import io.grpc.Channel;
import io.grpc.ClientCall;
import io.grpc.Metadata;

/** One stream of a link, from its opening to its end. Guarded by its link. */
final class LinkStream {
  private static final int RECEIVE_AHEAD = 16;

  private final ClientCall<ExpertBatchFrame, ExpertResultFrame> call;
  private boolean cancels;

  LinkStream(Channel channel) {
    this.call = channel.newCall(ExpertNodeMethods.PROCESS, CallOptions.DEFAULT);
  }

  /** Opens it with a greeting. */
  void start(LinkListener listener, Hello hello) {
    call.start(listener, new Metadata());
    call.request(RECEIVE_AHEAD);
    send(ExpertBatch.newBuilder().setHello(hello));
  }

  /** One message was taken; another may come. */
  void requestOne() {
    call.request(1);
  }

  /**
   * The node has greeted.
   *
   * @param understands whether it can be told that nobody waits for a batch
   */
  void greeted(boolean understands) {
    cancels = understands;
  }

  void send(ExpertBatchFrame batch) {
    call.sendMessage(batch);
  }

  /** Tells the node that nobody waits for a batch, if it understands that. */
  void unwanted(long id) {
    if (cancels) {
      send(ExpertBatch.newBuilder().addCancelled(id));
    }
  }

  private void send(ExpertBatch.Builder words) {
    call.sendMessage(new ExpertBatchFrame(words.build(), TensorRows.NONE));
  }

  void end(String reason) {
    call.cancel(reason, null);
  }
}
