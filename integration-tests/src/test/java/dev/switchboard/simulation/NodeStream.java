package dev.switchboard.simulation;

import dev.switchboard.node.api.SimulatedDoor;
import dev.switchboard.proto.codec.ExpertBatchFrame;
import dev.switchboard.proto.codec.ExpertResultFrame;
import dev.switchboard.proto.v1.ExpertBatch;
import dev.switchboard.proto.v1.ExpertGroup;
import dev.switchboard.proto.v1.ExpertResult;
import dev.switchboard.proto.v1.GroupResult;
import dev.switchboard.proto.v1.GroupStatus;
import dev.switchboard.proto.v1.SequenceRun;
import io.grpc.ClientCall;
import io.grpc.Metadata;
import io.grpc.Status;
import org.jspecify.annotations.Nullable;

/** A stream between a router and a node, both ends of it. */
final class NodeStream extends ClientCall<ExpertBatchFrame, ExpertResultFrame>
    implements SimulatedDoor.Wire {
  private final Cluster cluster;
  private final RouterProcess router;
  private final String nodeId;
  private final Network.Lane there = new Network.Lane();
  private final Network.Lane back = new Network.Lane();
  private @Nullable NodeProcess node;
  private @Nullable Listener<ExpertResultFrame> listener;
  private boolean closed;

  NodeStream(Cluster cluster, RouterProcess router, String nodeId) {
    this.cluster = cluster;
    this.router = router;
    this.nodeId = nodeId;
  }

  @Override
  public void start(Listener<ExpertResultFrame> told, Metadata headers) {
    listener = told;
    node = cluster.node(nodeId);
    if (node == null) {
      router.process().after(World.MILLI, () -> close("connection refused"));
    } else {
      router.streams().add(this);
    }
  }

  NodeProcess nodeOrGone() {
    if (node == null) {
      throw new IllegalStateException("the stream never reached " + nodeId);
    }
    return node;
  }

  RouterProcess router() {
    return router;
  }

  /** The node that it leads to; null where there was none. */
  @Nullable NodeProcess node() {
    return node;
  }

  @Override
  public void sendMessage(ExpertBatchFrame batch) {
    NodeProcess to = node;
    if (closed || to == null) {
      return;
    }
    noteSent(batch.header());
    cluster
        .network()
        .send(
            router.process(),
            to.process(),
            () -> to.door().receive(this, cluster.tampering().toNode(this, batch)),
            there);
  }

  private void noteSent(ExpertBatch batch) {
    if (batch.getGroupsCount() > 0) {
      cluster
          .world()
          .note(() ->
              "%s to %s: batch %d, layer %d, experts %s%s"
                  .formatted(
                      router.process(),
                      nodeId,
                      batch.getId(),
                      batch.getLayer(),
                      batch.getGroupsList().stream().map(ExpertGroup::getExpert).toList(),
                      batch.getGroups(0).getRunsList().stream().anyMatch(SequenceRun::getStateGiven)
                          ? ", with states"
                          : ""));
    }
  }

  private void noteRefusals(ExpertResult result) {
    for (GroupResult group : result.getGroupsList()) {
      if (group.getStatus() != GroupStatus.GROUP_STATUS_OK) {
        cluster
            .world()
            .note(() ->
                "%s refuses %s expert %d of batch %d: %s"
                    .formatted(
                        nodeId,
                        router.process(),
                        group.getExpert(),
                        result.getId(),
                        group.getStatus()));
      }
    }
  }

  @Override
  public void cancel(@Nullable String message, @Nullable Throwable cause) {
    closed = true;
    router.streams().remove(this);
    NodeProcess to = node;
    if (to != null) {
      cluster.network().send(router.process(), to.process(), () -> to.door().ended(this), there);
    }
  }

  @Override
  public void request(int messages) {
    // Nothing is held back here.
  }

  @Override
  public void halfClose() {
    // Routers cancel.
  }

  @Override
  public void answer(ExpertResultFrame result) {
    cluster.network().send(nodeOrGone().process(), router.process(), () -> arrives(result), back);
  }

  private void arrives(ExpertResultFrame result) {
    Listener<ExpertResultFrame> told = listener;
    if (!closed && told != null) {
      noteRefusals(result.header());
      told.onMessage(cluster.tampering().toRouter(this, result));
      router.dispatch().settle();
    }
  }

  @Override
  public void fail(Status status) {
    cluster
        .network()
        .send(
            nodeOrGone().process(),
            router.process(),
            () -> close(String.valueOf(status.getDescription())),
            back);
  }

  /** The connection breaks, in the middle of whatever is on its way. */
  void reset() {
    NodeProcess to = nodeOrGone();
    router.process().after(World.MILLI, () -> close("connection reset"));
    to.process().after(World.MILLI, () -> to.door().ended(this));
  }

  private void close(String reason) {
    Listener<ExpertResultFrame> told = listener;
    router.streams().remove(this);
    if (!closed && told != null) {
      closed = true;
      told.onClose(Status.UNAVAILABLE.withDescription(reason), new Metadata());
      router.dispatch().settle();
    }
  }
}
