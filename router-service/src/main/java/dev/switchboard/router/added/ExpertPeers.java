package dev.switchboard.router.added;

import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ExpertPart;
import dev.switchboard.proto.v1.ReadExpertRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gets added experts that this router does not have from routers that do. */
public final class ExpertPeers {
  private static final Logger LOG = LoggerFactory.getLogger(ExpertPeers.class);
  private static final long DEADLINE_SECONDS = 120;

  private final Grid grid;
  private final String own;
  private final ExpertFolder folder;
  private final ExpertReceipt.Limits limits;

  /**
   * @param own id of this router
   */
  public ExpertPeers(Grid grid, String own, ExpertFolder folder, ExpertReceipt.Limits limits) {
    this.grid = grid;
    this.own = own;
    this.folder = folder;
    this.limits = limits;
  }

  /** Brings an expert into the folder; false if no other router gives it. */
  public boolean fetch(String fingerprint) {
    return grid.view().routers().stream()
        .filter(router -> !router.id().equals(own))
        .anyMatch(router -> fetch(fingerprint, router));
  }

  private boolean fetch(String fingerprint, RouterInfo router) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(router.host(), router.port()).usePlaintext().build();
    try (ExpertReceipt receipt = new ExpertReceipt(folder, limits)) {
      Iterator<ExpertPart> parts =
          ClusterGrpc.newBlockingStub(channel)
              .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
              .readExpert(ReadExpertRequest.newBuilder().setFingerprint(fingerprint).build());
      parts.forEachRemaining(receipt::add);
      AddedExpert expert = receipt.read();
      if (!expert.fingerprint().equals(fingerprint)) {
        throw new CheckpointException("it gave expert " + expert.fingerprint());
      }
      receipt.keep(expert);
      LOG.info("expert {} ({}) came from router {}", expert.name(), fingerprint, router.id());
      return true;
    } catch (StatusRuntimeException | CheckpointException | UncheckedIOException e) {
      LOG.info("router {} does not give expert {}: {}", router.id(), fingerprint, e.getMessage());
      return false;
    } finally {
      channel.shutdownNow();
    }
  }
}
