package dev.switchboard.simulation;

import dev.switchboard.proto.codec.ExpertNodeMethods;
import dev.switchboard.proto.v1.ReleaseRequest;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;

/** A router's way to a node's address. */
final class NodeChannel extends ManagedChannel {
  private final Cluster cluster;
  private final RouterProcess router;
  private final String nodeId;
  private boolean shut;

  NodeChannel(Cluster cluster, RouterProcess router, String nodeId) {
    this.cluster = cluster;
    this.router = router;
    this.nodeId = nodeId;
  }

  @Override
  @SuppressWarnings("unchecked") // the method says what its messages are
  public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
    if (method.getFullMethodName().equals(ExpertNodeMethods.PROCESS.getFullMethodName())) {
      return (ClientCall<Q, A>) new NodeStream(cluster, router, nodeId);
    }
    return new Release<>();
  }

  /** The one call beside the stream: nobody waits for it, so that it is done is not told. */
  private final class Release<Q, A> extends ClientCall<Q, A> {
    @Override
    public void start(Listener<A> listener, Metadata headers) {
      // Nothing is to be told.
    }

    @Override
    public void request(int messages) {
      // None come.
    }

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {
      // Too late, or not at all.
    }

    @Override
    public void halfClose() {
      // One message is all.
    }

    @Override
    public void sendMessage(Q message) {
      NodeProcess node = cluster.node(nodeId);
      if (node != null && message instanceof ReleaseRequest release) {
        cluster
            .network()
            .send(
                router.process(),
                node.process(),
                () -> node.door().release(release.getSequenceIdsList()),
                new Network.Lane());
      }
    }
  }

  @Override
  public ManagedChannel shutdown() {
    shut = true;
    return this;
  }

  @Override
  public ManagedChannel shutdownNow() {
    return shutdown();
  }

  @Override
  public boolean isShutdown() {
    return shut;
  }

  @Override
  public boolean isTerminated() {
    return shut;
  }

  @Override
  public boolean awaitTermination(long time, TimeUnit unit) {
    return shut;
  }

  @Override
  public String authority() {
    return nodeId;
  }
}
