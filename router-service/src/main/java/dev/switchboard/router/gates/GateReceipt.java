package dev.switchboard.router.gates;

import dev.switchboard.model.architecture.GateArtifact;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.proto.v1.GatesFile;
import dev.switchboard.proto.v1.GatesPart;
import dev.switchboard.router.files.PartSizes;
import dev.switchboard.router.files.Upload;
import dev.switchboard.router.files.VersionFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;

/**
 * Gates on their way into a folder: written beside the versions, looked at whole, then made one of
 * them by renaming. For one thread at a time.
 */
final class GateReceipt implements Upload.Receipt<GatesPart> {
  private static final long MOST_MANIFEST_BYTES = 1 << 20;

  private final VersionFolder<GateArtifact> folder;
  private final Path begun;
  private final long mostBytes;
  private long manifestBytes;
  private long weightBytes;

  /**
   * @param mostBytes of the numbers
   */
  GateReceipt(VersionFolder<GateArtifact> folder, long mostBytes) {
    this.folder = folder;
    this.begun = folder.begin();
    this.mostBytes = mostBytes;
  }

  /**
   * Takes the next part.
   *
   * @throws CheckpointException if it is of no file, or it or the files grow too large
   */
  @Override
  public void add(GatesPart part) {
    PartSizes.check(part.getData());
    int bytes = part.getData().size();
    if (part.getFile() == GatesFile.GATES_FILE_MANIFEST) {
      manifestBytes += bytes;
    } else if (part.getFile() == GatesFile.GATES_FILE_WEIGHTS) {
      weightBytes += bytes;
    } else {
      throw new CheckpointException("a part of neither gate.json nor gate.safetensors");
    }
    if (manifestBytes > MOST_MANIFEST_BYTES || weightBytes > mostBytes) {
      throw new CheckpointException(
          "gates of more than %d bytes; the model's have no more"
              .formatted(manifestBytes > MOST_MANIFEST_BYTES ? MOST_MANIFEST_BYTES : mostBytes));
    }
    Path file = begun.resolve(name(part.getFile()));
    try (OutputStream out =
        Files.newOutputStream(file, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
      part.getData().writeTo(out);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  static String name(GatesFile file) {
    return file == GatesFile.GATES_FILE_MANIFEST ? "gate.json" : "gate.safetensors";
  }

  /**
   * All parts are here.
   *
   * @throws CheckpointException if they are not sound, or not for the shelf's model
   */
  GateArtifact finish(GateShelf shelf) {
    GateArtifact gates = GateArtifact.read(begun);
    shelf.check(gates);
    folder.take(begun, gates.version());
    return gates;
  }

  /**
   * All parts are here, of a version that was asked for.
   *
   * @throws CheckpointException if they are not sound, or of another version
   */
  GateArtifact finish(String version) {
    GateArtifact gates = GateArtifact.read(begun);
    if (!gates.version().equals(version)) {
      throw new CheckpointException(
          "gates %s came where %s were asked for".formatted(gates.version(), version));
    }
    folder.take(begun, version);
    return gates;
  }

  @Override
  public void close() {
    VersionFolder.drop(begun);
  }
}
