package dev.switchboard.router.files;

import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.model.checkpoint.CheckpointException;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.UncheckedIOException;
import java.util.function.Consumer;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/**
 * Gets what this router does not have from the other routers, one after the other.
 *
 * @param own id of this router
 */
public record PeerFetch(Grid grid, String own) {
  private static final Logger LOG = LoggerFactory.getLogger(PeerFetch.class);

  /**
   * Asks until one gives it.
   *
   * @param what is asked for, for the log
   * @param question asks one router, and throws what keeps that from being the answer
   * @return false if no other router gives it
   */
  public boolean fetch(String what, Consumer<ManagedChannel> question) {
    return grid.view().allRouters().stream()
        .filter(router -> !router.id().equals(own))
        .anyMatch(router -> fetch(what, router, question));
  }

  private static boolean fetch(String what, RouterInfo router, Consumer<ManagedChannel> question) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(router.host(), router.port()).usePlaintext().build();
    try {
      question.accept(channel);
      LOG.info("{} came from router {}", what, router.id());
      return true;
    } catch (StatusRuntimeException | CheckpointException | UncheckedIOException e) {
      LOG.info("router {} does not give {}: {}", router.id(), what, e.getMessage());
      return false;
    } finally {
      channel.shutdownNow();
    }
  }
}
