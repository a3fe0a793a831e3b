package dev.switchboard.model.architecture;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.nio.file.Path;
import java.util.List;
import java.util.Optional;

/**
 * How published FP8 weights are scaled: a block of {@code rows} x {@code columns} weights has one
 * scale; blocks at the far edges may be cut.
 */
public record Fp8Blocks(int rows, int columns) {
  private static final int MAX_EXTENT = 1 << 20;
  private static final List<String> METHODS = List.of("fp8", "mxfp4");

  /**
   * What {@code quantization_config} says; empty if there is none, or none with blocks.
   *
   * @throws CheckpointException if it is of a kind that is not read here
   */
  public static Optional<Fp8Blocks> of(Checkpoint checkpoint) {
    JsonNode root = checkpoint.config();
    Path file = checkpoint.folder().resolve("config.json");
    Optional<ConfigReader> given = new ConfigReader(file, root).nested("quantization_config");
    if (given.isEmpty()) {
      return Optional.empty();
    }
    ConfigReader config = given.get();
    String method = config.text("quant_method");
    if (!METHODS.contains(method)) {
      throw config.error("quant_method", '"' + method + '"', "one of " + METHODS);
    }
    if (!method.equals("fp8")) {
      return Optional.empty();
    }
    String format = config.text("fmt", "e4m3");
    if (!format.equals("e4m3")) {
      throw config.error("fmt", '"' + format + '"', "\"e4m3\"");
    }
    List<Integer> extents = config.integers("weight_block_size", 1, MAX_EXTENT);
    if (extents.size() != 2) {
      throw config.error("weight_block_size", extents, "two numbers, rows and columns of a block");
    }
    return Optional.of(new Fp8Blocks(extents.get(0), extents.get(1)));
  }

  static void check(Checkpoint checkpoint) {
    of(checkpoint);
  }

  /** Scales along a side of a matrix. */
  static long along(long extent, int block) {
    return (extent + block - 1) / block;
  }
}
