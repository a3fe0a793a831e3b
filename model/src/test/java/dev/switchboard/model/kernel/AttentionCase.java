package dev.switchboard.model.kernel;

import dev.switchboard.model.crew.Crew;
import java.util.Arrays;

/** Random attention of one sequence, and what it should give by its definition. */
final class AttentionCase {
  final AttentionShape shape;
  final int tokens;
  final float[] queries;
  final float[] keys;
  final float[] values;
  final float[] sinks;

  AttentionCase(AttentionShape shape, int tokens, boolean sinks, long seed) {
    Noise noise = new Noise(seed);
    KvShape kv = shape.kv();
    this.shape = shape;
    this.tokens = tokens;
    this.queries = noise.floats(tokens * shape.queryWidth(), 2);
    this.keys = noise.floats(tokens * kv.heads() * kv.keyDim(), 2);
    this.values = noise.floats(kv.latent() ? 0 : tokens * kv.heads() * kv.valueDim(), 2);
    this.sinks = noise.floats(sinks ? shape.heads() : 0, 3);
  }

  /** In steps of {@code chunk} tokens. */
  float[] compute(AttentionSet set, int chunk) {
    return compute(set, chunk, Crew.ALONE);
  }

  float[] compute(AttentionSet set, int chunk, Crew crew) {
    KvShape kv = shape.kv();
    TestPages pages = new TestPages(kv, tokens);
    Scratch scratch = new Scratch(crew, set);
    float[] out = new float[tokens * shape.outputWidth()];
    for (int t = 0; t < tokens; t += chunk) {
      int n = Math.min(chunk, tokens - t);
      float[] k = part(keys, t, n, kv.heads() * kv.keyDim());
      float[] v = kv.latent() ? new float[0] : part(values, t, n, kv.heads() * kv.valueDim());
      AttentionKernels.store(kv, pages, t, n, k, 0, v, 0, scratch);
      int from = t * shape.queryWidth();
      int to = t * shape.outputWidth();
      AttentionKernels.attend(shape, pages, t, n, queries, from, sinks, out, to, scratch);
    }
    return out;
  }

  private static float[] part(float[] x, int token, int tokens, int width) {
    return Arrays.copyOfRange(x, token * width, (token + tokens) * width);
  }

  /** By the book, in double precision. */
  double[] exact() {
    KvShape kv = shape.kv();
    double[] out = new double[tokens * shape.outputWidth()];
    for (int t = 0; t < tokens; t++) {
      for (int h = 0; h < shape.heads(); h++) {
        int head = h / (shape.heads() / kv.heads());
        int first = (int) Math.max(0, t - (long) shape.window() + 1);
        double[] weights = new double[t + 1];
        double max = sinks.length > 0 ? sinks[h] : Double.NEGATIVE_INFINITY;
        for (int j = first; j <= t; j++) {
          weights[j] = shape.scale() * dot(t, h, j, head);
          max = Math.max(max, weights[j]);
        }
        double sum = sinks.length > 0 ? Math.exp(sinks[h] - max) : 0;
        for (int j = first; j <= t; j++) {
          weights[j] = Math.exp(weights[j] - max);
          sum += weights[j];
        }
        for (int d = 0; d < kv.valueDim(); d++) {
          double value = 0;
          for (int j = first; j <= t; j++) {
            value += weights[j] / sum * value(j, head, d);
          }
          out[(t * shape.heads() + h) * kv.valueDim() + d] = value;
        }
      }
    }
    return out;
  }

  private double dot(int token, int queryHead, int key, int head) {
    KvShape kv = shape.kv();
    double sum = 0;
    for (int d = 0; d < kv.keyDim(); d++) {
      sum +=
          (double) queries[(token * shape.heads() + queryHead) * kv.keyDim() + d]
              * keys[(key * kv.heads() + head) * kv.keyDim() + d];
    }
    return sum;
  }

  private double value(int key, int head, int d) {
    KvShape kv = shape.kv();
    return kv.latent()
        ? keys[key * kv.keyDim() + d]
        : values[(key * kv.heads() + head) * kv.valueDim() + d];
  }

  @Override
  public String toString() {
    return tokens + " tokens of " + shape + (sinks.length > 0 ? " with sinks" : "");
  }
}
