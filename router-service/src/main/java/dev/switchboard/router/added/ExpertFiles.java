package dev.switchboard.router.added;

import com.google.protobuf.ByteString;
import dev.switchboard.proto.v1.ExpertFile;
import dev.switchboard.proto.v1.ExpertPart;
import java.io.IOException;
import java.io.InputStream;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.function.Consumer;

/** The files of an expert's directory, as they are sent. */
public final class ExpertFiles {
  private static final int PART_BYTES = 1 << 18;

  private ExpertFiles() {}

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

  /** Hands out all parts of a directory. */
  public static void send(Path directory, Consumer<ExpertPart> out) throws IOException {
    for (ExpertFile file : all()) {
      try (InputStream bytes = Files.newInputStream(in(directory, file))) {
        for (byte[] read = bytes.readNBytes(PART_BYTES);
            read.length > 0;
            read = bytes.readNBytes(PART_BYTES)) {
          out.accept(
              ExpertPart.newBuilder().setFile(file).setData(ByteString.copyFrom(read)).build());
        }
      }
    }
  }
}
