package dev.switchboard.router.gates;

import dev.switchboard.cluster.gates.GateRollout;
import dev.switchboard.cluster.gates.GateRolloutCodec;
import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.router.files.StateFile;
import dev.switchboard.router.files.VersionFolder;
import java.nio.file.Path;

/**
 * Gates on disk, and the last rollout that was known: what a deployment that starts again goes on
 * with.
 */
public record GateFolder(VersionFolder<GateArtifact> versions, StateFile<GateRollout> rollout) {
  private static final VersionFolder.Kind<GateArtifact> KIND =
      new VersionFolder.Kind<>("gates", GateArtifact::read, GateArtifact::version);

  /**
   * Opens a folder; makes it if it is not there.
   *
   * @throws dev.switchboard.model.checkpoint.CheckpointException if it cannot be made
   */
  public static GateFolder open(Path folder) {
    return new GateFolder(
        new VersionFolder<>(folder, KIND),
        new StateFile<>(
            folder.resolve("rollout.state"), GateRolloutCodec::encode, GateRolloutCodec::decode));
  }
}
