package dev.switchboard.model.packcache;

import java.nio.file.Path;
import java.util.Locale;
import java.util.Optional;

/**
 * What a process was told about packed weights.
 *
 * @param on whether they are kept at all
 * @param folder where; empty: beside the model, or in the user's cache folder
 * @param memory how they come into memory
 * @param leastModelBytes models below are packed quicker than found
 * @param leastMatrixBytes so are matrices below
 */
public record PackOptions(
    boolean on,
    Optional<Path> folder,
    PackMemory memory,
    long leastModelBytes,
    long leastMatrixBytes) {
  /** {@code auto} (default), {@code off}, or a folder. */
  public static final String CACHE = "switchboard.packCache";

  /** {@code auto} (default), {@code mapped} or {@code copied}. */
  public static final String MEMORY = "switchboard.weightsMemory";

  /** Bytes of the smallest model that is kept, in the place of 64 MiB: for tests. */
  public static final String LEAST = "switchboard.packLeastBytes";

  private static final long LEAST_MODEL_BYTES = 64L << 20;
  private static final long LEAST_MATRIX_BYTES = 64L << 10;

  private static final String CACHE_ENVIRONMENT = "SWITCHBOARD_GRID_PACK_CACHE";
  private static final String MEMORY_ENVIRONMENT = "SWITCHBOARD_GRID_WEIGHTS_MEMORY";

  /** What the system properties say, or else the environment. */
  public static PackOptions ofProcess() {
    return of(
        System.getProperty(CACHE, System.getenv().getOrDefault(CACHE_ENVIRONMENT, "auto")),
        System.getProperty(MEMORY, System.getenv().getOrDefault(MEMORY_ENVIRONMENT, "auto")));
  }

  /** Decides for this process; to be called before any model is opened. */
  public static void choose(String cache, String memory) {
    System.setProperty(CACHE, cache);
    System.setProperty(MEMORY, memory);
  }

  /**
   * @throws IllegalArgumentException for a value that is none
   */
  public static PackOptions of(String cache, String memory) {
    return new PackOptions(
        !cache.equals("off"),
        cache.equals("off") || cache.equals("auto")
            ? Optional.empty()
            : Optional.of(Path.of(cache)),
        memoryOf(memory),
        Long.getLong(LEAST, LEAST_MODEL_BYTES),
        LEAST_MATRIX_BYTES);
  }

  /** These, for models and matrices of any size. */
  public PackOptions ofAnySize() {
    return new PackOptions(on, folder, memory, 0, 0);
  }

  private static PackMemory memoryOf(String value) {
    return switch (value.toLowerCase(Locale.ROOT)) {
      case "auto", "mapped" -> PackMemory.MAPPED;
      case "copied" -> PackMemory.COPIED;
      default ->
          throw new IllegalArgumentException(
              MEMORY + " is " + value + "; expected auto, mapped or copied");
    };
  }
}
