package dev.switchboard.router.added;

import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.proto.v1.ExpertFile;
import dev.switchboard.proto.v1.ExpertPart;
import dev.switchboard.router.files.PartSizes;
import dev.switchboard.router.files.Upload;
import dev.switchboard.router.files.VersionFolder;
import java.io.IOException;
import java.io.OutputStream;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.EnumMap;
import java.util.Map;

/**
 * An expert on its way into a folder: written beside the others, looked at whole, then made one of
 * them by renaming. For one thread at a time.
 */
public final class ExpertReceipt implements Upload.Receipt<ExpertPart> {
  private static final long MOST_TEXT_BYTES = 1 << 20;

  private final VersionFolder<AddedExpert> folder;
  private final Path begun;
  private final Limits limits;
  private final Map<ExpertFile, Long> bytes = new EnumMap<>(ExpertFile.class);

  /**
   * How much is taken.
   *
   * @param expertBytes of the expert's numbers
   * @param gateBytes of its gate's numbers
   */
  public record Limits(long expertBytes, long gateBytes) {}

  public ExpertReceipt(VersionFolder<AddedExpert> folder, Limits limits) {
    this.folder = folder;
    this.begun = folder.begin();
    this.limits = limits;
  }

  /**
   * Takes the next part.
   *
   * @throws CheckpointException if it is of no file, or it or the files grow too large
   */
  @Override
  public void add(ExpertPart part) {
    ExpertFile file = part.getFile();
    if (!ExpertFiles.all().contains(file)) {
      throw new CheckpointException("a part of no file of an expert");
    }
    PartSizes.check(part.getData());
    long now = bytes.merge(file, (long) part.getData().size(), Long::sum);
    if (now > most(file)) {
      throw new CheckpointException(
          "%s of more than %d bytes; those of this model's experts have no more"
              .formatted(ExpertFiles.in(Path.of(""), file), most(file)));
    }
    Path path = ExpertFiles.in(begun, file);
    try {
      Files.createDirectories(path.resolveSibling(""));
      try (OutputStream out =
          Files.newOutputStream(path, StandardOpenOption.CREATE, StandardOpenOption.APPEND)) {
        part.getData().writeTo(out);
      }
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private long most(ExpertFile file) {
    return switch (file) {
      case EXPERT_FILE_WEIGHTS -> limits.expertBytes() + MOST_TEXT_BYTES;
      case EXPERT_FILE_GATE_WEIGHTS -> limits.gateBytes() + MOST_TEXT_BYTES;
      default -> MOST_TEXT_BYTES;
    };
  }

  /**
   * All parts are here: the expert as it lies beside the others.
   *
   * @throws CheckpointException if its files are not sound
   */
  public AddedExpert read() {
    return AddedExpert.read(begun);
  }

  /**
   * It is one of the folder's now.
   *
   * @param expert that was read here
   */
  public AddedExpert keep(AddedExpert expert) {
    folder.take(begun, expert.fingerprint());
    return folder.read(expert.fingerprint());
  }

  @Override
  public void close() {
    VersionFolder.drop(begun);
  }
}
