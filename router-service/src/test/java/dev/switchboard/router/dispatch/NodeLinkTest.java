package dev.switchboard.router.dispatch;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.cluster.NodeInfo;
import dev.switchboard.cluster.NodeState;
import dev.switchboard.proto.codec.Handshake;
import dev.switchboard.proto.lane.LaneWait;
import io.grpc.CallOptions;
import io.grpc.ClientCall;
import io.grpc.ManagedChannel;
import io.grpc.Metadata;
import io.grpc.MethodDescriptor;
import io.grpc.Status;
import java.time.Duration;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.BlockingQueue;
import java.util.concurrent.Executors;
import java.util.concurrent.LinkedBlockingQueue;
import java.util.concurrent.ScheduledExecutorService;
import java.util.concurrent.TimeUnit;
import org.jspecify.annotations.Nullable;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.Timeout;

/**
 * A link whose streams end while they are opened, as those of a channel that has just failed do.
 */
@Timeout(60)
final class NodeLinkTest {
  private static final LinkSettings SETTINGS =
      new LinkSettings(
          Handshake.hello(1, "model", List.of()).build(),
          0,
          0,
          Duration.ofSeconds(2),
          Duration.ofMillis(1),
          Duration.ofMillis(1));
  private static final NodeInfo NODE =
      new NodeInfo("a", "127.0.0.1", 1, "d", 1, "model", 8, false, NodeState.READY, 1, List.of(0));

  private final ScheduledExecutorService timer = Executors.newSingleThreadScheduledExecutor();

  @AfterEach
  void end() {
    timer.shutdownNow();
  }

  @Test
  void itsOwnerIsNeverToldFromInsideItsLock() throws InterruptedException {
    BlockingQueue<Boolean> locked = new LinkedBlockingQueue<>();
    LinkContext context =
        new LinkContext(
            new ReplyInbox(),
            link -> locked.add(Thread.holdsLock(link)),
            timer,
            timer,
            new LaneWait(),
            new LinkBreaks());
    LinkChannels channels =
        new LinkChannels(new Failed(), Optional.empty(), Optional.empty(), path -> new Failed());
    try (NodeLink link = new NodeLink(0, NODE, channels, SETTINGS, context)) {
      link.open();
      for (int told = 0; told < 3; told++) {
        assertThat(locked.poll(30, TimeUnit.SECONDS)).isFalse();
      }
      assertThat(link.problem()).contains("refused");
    }
  }

  private static final class Failed extends ManagedChannel {
    @Override
    public <Q, A> ClientCall<Q, A> newCall(MethodDescriptor<Q, A> method, CallOptions options) {
      return new FailedCall<>();
    }

    @Override
    public String authority() {
      return "nowhere";
    }

    @Override
    public ManagedChannel shutdown() {
      return this;
    }

    @Override
    public ManagedChannel shutdownNow() {
      return this;
    }

    @Override
    public boolean isShutdown() {
      return true;
    }

    @Override
    public boolean isTerminated() {
      return true;
    }

    @Override
    public boolean awaitTermination(long timeout, TimeUnit unit) {
      return true;
    }
  }

  private static final class FailedCall<Q, A> extends ClientCall<Q, A> {
    @Override
    public void start(Listener<A> listener, Metadata headers) {
      listener.onClose(Status.UNAVAILABLE.withDescription("refused"), new Metadata());
    }

    @Override
    public void request(int messages) {}

    @Override
    public void cancel(@Nullable String message, @Nullable Throwable cause) {}

    @Override
    public void halfClose() {}

    @Override
    public void sendMessage(Q message) {}
  }
}
