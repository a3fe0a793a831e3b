package dev.switchboard.model.reference;

import dev.switchboard.model.checkpoint.CheckpointException;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.stream.Stream;

/** Compares models with the recorded answers of reference implementations. */
public final class ReferenceCheck {
  private static final String GGUF = ".gguf";

  private ReferenceCheck() {}

  /**
   * What there is to compare at a path: a model folder and those of its sub-folders that are
   * variants of it; the model folders in a folder of folders; a GGUF file, or all that lie in a
   * folder beside their {@code reference.json}.
   *
   * @throws CheckpointException if there is nothing, or it cannot be listed
   */
  public static List<Path> folders(Path given) {
    List<Path> found = new ArrayList<>();
    if (Files.isRegularFile(given)) {
      found.add(given);
    } else if (Files.isDirectory(given)) {
      collect(given, found);
    }
    if (found.isEmpty()) {
      throw CheckpointException.in(given, "nothing to compare: no model with recorded answers");
    }
    return found;
  }

  /**
   * Runs every recorded prompt and compares all that is recorded of it.
   *
   * @param path one of {@link #folders}
   * @throws CheckpointException if the model or its answers cannot be read
   */
  public static ReferenceReport of(Path path) {
    return path.toString().endsWith(GGUF) ? GgufCheck.of(path) : FolderCheck.of(path);
  }

  private static void collect(Path folder, List<Path> found) {
    if (isModel(folder) && hasAnswers(folder)) {
      found.add(folder);
    }
    for (Path child : children(folder)) {
      if (Files.isDirectory(child)) {
        collect(child, found);
      } else if (child.toString().endsWith(GGUF)
          && Files.isRegularFile(folder.resolve(GgufCheck.ANSWERS))) {
        found.add(child);
      }
    }
  }

  private static boolean hasAnswers(Path folder) {
    Path parent = folder.toAbsolutePath().normalize().getParent();
    return Answers.in(folder) || parent != null && Answers.in(parent);
  }

  private static boolean isModel(Path folder) {
    return Files.isRegularFile(folder.resolve("config.json"))
        && (Files.isRegularFile(folder.resolve("model.safetensors"))
            || Files.isRegularFile(folder.resolve("model.safetensors.index.json")));
  }

  private static List<Path> children(Path folder) {
    try (Stream<Path> children = Files.list(folder)) {
      return children.sorted().toList();
    } catch (IOException e) {
      throw new CheckpointException(
          "%s: cannot be listed: %s".formatted(folder, e.getMessage()), e);
    }
  }
}
