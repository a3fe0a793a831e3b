package dev.switchboard.model.checkpoint;

import java.io.IOException;
import java.lang.foreign.Arena;
import java.lang.foreign.MemorySegment;
import java.nio.channels.FileChannel;
import java.nio.file.Files;
import java.nio.file.Path;
import java.nio.file.StandardOpenOption;
import java.util.function.BiFunction;

/** Maps whole files, read-only. */
final class MappedFile {
  private MappedFile() {}

  /**
   * Maps a file and gives it to a reader; unmaps it if that fails.
   *
   * @param reader takes the arena that owns the mapping, and the file's bytes
   * @throws CheckpointException if there is no such file or it cannot be read
   */
  static <T> T open(Path path, BiFunction<Arena, MemorySegment, T> reader) {
    Arena arena = Arena.ofShared();
    try {
      return reader.apply(arena, map(path, arena));
    } catch (RuntimeException e) {
      arena.close();
      throw e;
    }
  }

  /**
   * A file's bytes for as long as the arena lives.
   *
   * @throws CheckpointException if there is no such file or it cannot be read
   */
  static MemorySegment map(Path path, Arena arena) {
    if (!Files.isRegularFile(path)) {
      throw new CheckpointException(path + ": no such file");
    }
    try (FileChannel channel = FileChannel.open(path, StandardOpenOption.READ)) {
      return channel.map(FileChannel.MapMode.READ_ONLY, 0, channel.size(), arena);
    } catch (IOException e) {
      throw new CheckpointException("%s: cannot be read: %s".formatted(path, e.getMessage()), e);
    }
  }
}
