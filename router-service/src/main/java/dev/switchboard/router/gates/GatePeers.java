package dev.switchboard.router.gates;

import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.proto.v1.GatesGrpc;
import dev.switchboard.proto.v1.ReadGatesRequest;
import dev.switchboard.router.files.PeerFetch;
import dev.switchboard.router.files.VersionFolder;
import io.grpc.Channel;
import java.util.concurrent.TimeUnit;

/**
 * Gets versions that this router does not have from those that do.
 *
 * @param mostBytes that gates of its model have
 */
public record GatePeers(PeerFetch peers, VersionFolder<GateArtifact> folder, long mostBytes) {
  private static final long DEADLINE_SECONDS = 30;

  /** Brings a version into the folder; false if no other router gives it. */
  public boolean fetch(String version) {
    return peers.fetch("gates " + version, channel -> take(version, channel));
  }

  private void take(String version, Channel channel) {
    try (GateReceipt receipt = new GateReceipt(folder, mostBytes)) {
      GatesGrpc.newBlockingStub(channel)
          .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
          .readGates(ReadGatesRequest.newBuilder().setVersion(version).build())
          .forEachRemaining(receipt::add);
      receipt.finish(version);
    }
  }
}
