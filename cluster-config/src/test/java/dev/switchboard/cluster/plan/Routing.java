package dev.switchboard.cluster.plan;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import java.io.IOException;
import java.io.InputStream;
import java.io.UncheckedIOException;
import java.util.Objects;
import java.util.Random;

/** The recorded skew of a real model, for other sizes too; drift of it. */
final class Routing {
  private static final int RECORDED = 128;

  private Routing() {}

  static JsonNode golden(String path) {
    try (InputStream in =
        Objects.requireNonNull(Routing.class.getResourceAsStream("/golden/" + path), path)) {
      return new ObjectMapper().readTree(in);
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  /**
   * Tokens by row and expert: each row a recorded layer, of fewer experts its first ones, of more
   * this layer and the next ones behind each other.
   */
  static Loads counts(int rows, int experts) {
    JsonNode layers =
        golden("routing/switch-base-128-expert-counts.json").get("expert_usage_by_layer");
    long[][] recorded = new long[layers.size()][RECORDED];
    int layer = 0;
    for (JsonNode usage : layers) {
      for (int expert = 0; expert < RECORDED; expert++) {
        recorded[layer][expert] = usage.get(expert).asLong();
      }
      layer++;
    }
    long[] counts = new long[rows * experts];
    for (int row = 0; row < rows; row++) {
      for (int expert = 0; expert < experts; expert++) {
        long[] from = recorded[(row + expert / RECORDED) % recorded.length];
        counts[row * experts + expert] = from[expert % RECORDED];
      }
    }
    return Loads.of(rows, experts, counts);
  }

  /** The next window: every count up to 10 % less or more. */
  static Loads drift(Loads before, Random random) {
    long[] next = new long[before.rows() * before.items()];
    for (int i = 0; i < next.length; i++) {
      long count = before.get(i / before.items(), i % before.items());
      next[i] = Math.round(count * (0.9 + 0.2 * random.nextDouble()));
    }
    return Loads.of(before.rows(), before.items(), next);
  }

  /** One row. */
  static double[] row(Loads counts, int row) {
    double[] weights = new double[counts.items()];
    for (int expert = 0; expert < weights.length; expert++) {
      weights[expert] = counts.get(row, expert);
    }
    return weights;
  }
}
