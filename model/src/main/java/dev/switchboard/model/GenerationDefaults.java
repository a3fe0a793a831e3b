package dev.switchboard.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.sampling.SamplingParams;
import java.nio.file.Files;
import java.nio.file.Path;

/**
 * How a model's makers would draw its tokens: the sampling part of {@code generation_config.json}.
 * As in transformers, nothing is drawn (temperature 0) unless {@code do_sample} is true, and what
 * the file leaves out is not limited.
 *
 * @param topK 0: all tokens
 */
public record GenerationDefaults(
    float temperature, int topK, float topP, float minP, float repetitionPenalty) {
  private static final String FILE = "generation_config.json";

  /** Greedy, without limits. */
  public static final GenerationDefaults NONE = new GenerationDefaults(0f, 0, 1f, 0f, 1f);

  /**
   * Of a model directory; {@link #NONE} where it has no such file.
   *
   * @throws CheckpointException naming a value that cannot be
   */
  static GenerationDefaults ofFolder(Path folder) {
    Path file = folder.resolve(FILE);
    if (!Files.isRegularFile(file)) {
      return NONE;
    }
    JsonNode json = JsonFiles.readObject(file);
    boolean draws = json.path("do_sample").asBoolean(false);
    try {
      SamplingParams checked =
          new SamplingParams(
              draws ? number(file, json, "temperature", 1f) : 0f,
              draws ? Math.toIntExact((long) number(file, json, "top_k", 0f)) : 0,
              draws ? number(file, json, "top_p", 1f) : 1f,
              draws ? number(file, json, "min_p", 0f) : 0f,
              number(file, json, "repetition_penalty", 1f),
              0f,
              0f,
              0L);
      return new GenerationDefaults(
          checked.temperature(),
          checked.topK(),
          checked.topP(),
          checked.minP(),
          checked.repetitionPenalty());
    } catch (IllegalArgumentException | ArithmeticException e) {
      throw new CheckpointException("%s: %s".formatted(file, e.getMessage()), e);
    }
  }

  private static float number(Path file, JsonNode json, String key, float fallback) {
    JsonNode value = json.path(key);
    if (value.isMissingNode() || value.isNull()) {
      return fallback;
    }
    if (!value.isNumber()) {
      throw CheckpointException.in(file, "%s is %s, expected a number", key, value);
    }
    return value.floatValue();
  }
}
