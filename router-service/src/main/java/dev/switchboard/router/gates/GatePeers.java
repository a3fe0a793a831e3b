package dev.switchboard.router.gates;

import dev.switchboard.cluster.Grid;
import dev.switchboard.cluster.RouterInfo;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.proto.v1.GatesGrpc;
import dev.switchboard.proto.v1.GatesPart;
import dev.switchboard.proto.v1.ReadGatesRequest;
import io.grpc.ManagedChannel;
import io.grpc.StatusRuntimeException;
import io.grpc.netty.shaded.io.grpc.netty.NettyChannelBuilder;
import java.io.UncheckedIOException;
import java.util.Iterator;
import java.util.concurrent.TimeUnit;
import org.slf4j.Logger;
import org.slf4j.LoggerFactory;

/** Gets versions that this router does not have from those that do. */
public final class GatePeers {
  private static final Logger LOG = LoggerFactory.getLogger(GatePeers.class);
  private static final long DEADLINE_SECONDS = 30;

  private final Grid grid;
  private final String own;
  private final GateFolder folder;
  private final long mostBytes;

  /**
   * @param own id of this router
   * @param mostBytes that gates of its model have
   */
  public GatePeers(Grid grid, String own, GateFolder folder, long mostBytes) {
    this.grid = grid;
    this.own = own;
    this.folder = folder;
    this.mostBytes = mostBytes;
  }

  /** Brings a version into the folder; false if no other router gives it. */
  public boolean fetch(String version) {
    for (RouterInfo router : grid.view().routers()) {
      if (!router.id().equals(own) && fetch(version, router)) {
        return true;
      }
    }
    return false;
  }

  private boolean fetch(String version, RouterInfo router) {
    ManagedChannel channel =
        NettyChannelBuilder.forAddress(router.host(), router.port()).usePlaintext().build();
    try (GateReceipt receipt = new GateReceipt(folder, mostBytes)) {
      Iterator<GatesPart> parts =
          GatesGrpc.newBlockingStub(channel)
              .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
              .readGates(ReadGatesRequest.newBuilder().setVersion(version).build());
      parts.forEachRemaining(receipt::add);
      GateArtifact gates = receipt.finish(version);
      LOG.info("gates {} came from router {}", gates.version(), router.id());
      return true;
    } catch (StatusRuntimeException | CheckpointException | UncheckedIOException e) {
      LOG.info("router {} does not give gates {}: {}", router.id(), version, e.getMessage());
      return false;
    } finally {
      channel.shutdownNow();
    }
  }
}
