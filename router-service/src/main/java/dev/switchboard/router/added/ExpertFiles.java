package dev.switchboard.router.added;

import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.proto.v1.ExpertFile;
import dev.switchboard.proto.v1.ExpertPart;
import dev.switchboard.router.files.FileGiver;
import dev.switchboard.router.files.VersionFolder;
import java.nio.file.Path;
import java.util.List;

/** The files of an expert's directory, as they are sent. */
public final class ExpertFiles {
  private static final VersionFolder.Kind<AddedExpert> KIND =
      new VersionFolder.Kind<>("expert", AddedExpert::read, AddedExpert::fingerprint);

  private ExpertFiles() {}

  /**
   * A folder of experts, by fingerprint.
   *
   * @throws dev.switchboard.model.checkpoint.CheckpointException if it cannot be made
   */
  public static VersionFolder<AddedExpert> folder(Path path) {
    return new VersionFolder<>(path, KIND);
  }

  /** All, in the order in which they are sent. */
  static List<ExpertFile> all() {
    return List.of(
        ExpertFile.EXPERT_FILE_CONFIG,
        ExpertFile.EXPERT_FILE_WEIGHTS,
        ExpertFile.EXPERT_FILE_GATE_MANIFEST,
        ExpertFile.EXPERT_FILE_GATE_WEIGHTS);
  }

  /**
   * Where a file lies in the directory.
   *
   * @throws IllegalArgumentException for none of the four
   */
  static Path in(Path directory, ExpertFile file) {
    return switch (file) {
      case EXPERT_FILE_CONFIG -> directory.resolve("config.json");
      case EXPERT_FILE_WEIGHTS -> directory.resolve("model.safetensors");
      case EXPERT_FILE_GATE_MANIFEST -> directory.resolve("gate").resolve("gate.json");
      case EXPERT_FILE_GATE_WEIGHTS -> directory.resolve("gate").resolve("gate.safetensors");
      case EXPERT_FILE_UNSPECIFIED, UNRECOGNIZED ->
          throw new IllegalArgumentException("a part of no file of an expert");
    };
  }

  /** The files of a directory, to be sent. */
  public static List<FileGiver.Source<ExpertPart>> of(Path directory) {
    return all().stream().map(file -> source(directory, file)).toList();
  }

  private static FileGiver.Source<ExpertPart> source(Path directory, ExpertFile file) {
    return new FileGiver.Source<>(
        in(directory, file), bytes -> ExpertPart.newBuilder().setFile(file).setData(bytes).build());
  }
}
