package dev.switchboard.router.added;

import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.proto.v1.ClusterGrpc;
import dev.switchboard.proto.v1.ReadExpertRequest;
import dev.switchboard.router.files.PeerFetch;
import dev.switchboard.router.files.VersionFolder;
import io.grpc.Channel;
import java.util.concurrent.TimeUnit;

/** Gets added experts that this router does not have from routers that do. */
public record ExpertPeers(
    PeerFetch peers, VersionFolder<AddedExpert> folder, ExpertReceipt.Limits limits) {
  private static final long DEADLINE_SECONDS = 120;

  /** Brings an expert into the folder; false if no other router gives it. */
  public boolean fetch(String fingerprint) {
    return peers.fetch("expert " + fingerprint, channel -> take(fingerprint, channel));
  }

  private void take(String fingerprint, Channel channel) {
    try (ExpertReceipt receipt = new ExpertReceipt(folder, limits)) {
      ClusterGrpc.newBlockingStub(channel)
          .withDeadlineAfter(DEADLINE_SECONDS, TimeUnit.SECONDS)
          .readExpert(ReadExpertRequest.newBuilder().setFingerprint(fingerprint).build())
          .forEachRemaining(receipt::add);
      AddedExpert expert = receipt.read();
      if (!expert.fingerprint().equals(fingerprint)) {
        throw new CheckpointException("it gave expert " + expert.fingerprint());
      }
      receipt.keep(expert);
    }
  }
}
