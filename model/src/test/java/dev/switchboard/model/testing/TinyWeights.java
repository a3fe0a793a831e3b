package dev.switchboard.model.testing;

import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import java.util.LinkedHashMap;
import java.util.Map;
import java.util.Random;

/**
 * Random weights of the size that keeps activations near one, so that tokens differ and gates
 * choose differently. Only {@link Random#nextInt} is used: its numbers are the same on every JDK.
 */
final class TinyWeights {
  private final TinyModels options;
  private final Random random;
  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  TinyWeights(TinyModels options) {
    this.options = options;
    this.random = new Random(options.seed());
  }

  Map<String, Tensor> all() {
    int d = options.dModel();
    matrix("model.embed_tokens.weight", options.vocabulary(), d, 0.5f);
    for (int layer = 0; layer < options.layers(); layer++) {
      String prefix = "model.layers." + layer + ".";
      norm(prefix + "mixer_norm.weight", d);
      mixer(prefix + "mixer.");
      norm(prefix + "moe_norm.weight", d);
      moe(prefix + "moe.");
    }
    norm("model.final_norm.weight", d);
    if (!options.tied()) {
      matrix("lm_head.weight", options.vocabulary(), d, 2f * fanIn(d));
    }
    return tensors;
  }

  private void mixer(String prefix) {
    int inner = TinyModels.HEADS * TinyModels.HEAD_DIM;
    int convolved = inner + 2 * TinyModels.STATE;
    int d = options.dModel();
    matrix(prefix + "in_proj.weight", inner + convolved + TinyModels.HEADS, d, fanIn(d));
    exact(prefix + "conv1d.weight", 0f, 0.5f, convolved, 1, TinyModels.CONV_KERNEL);
    exact(prefix + "conv1d.bias", 0f, 0.1f, convolved);
    scan(prefix, TinyModels.HEADS, inner);
  }

  private void moe(String prefix) {
    int d = options.dModel();
    exact(prefix + "gate.weight", 0f, 2f * fanIn(d), options.experts(), d);
    if (options.gateMemory()) {
      exact(prefix + "gate.decay", 0.6f, 0.2f, 1);
    }
    swiGlu(prefix + "shared.", TinyModels.SHARED);
    for (int e = 0; e < options.experts(); e++) {
      String expert = prefix + "experts." + e + ".";
      if (options.expertMamba()) {
        int inner = TinyModels.EXPERT_HEADS * TinyModels.EXPERT_HEAD_DIM;
        int rows = 2 * inner + 2 * TinyModels.EXPERT_STATE + TinyModels.EXPERT_HEADS;
        matrix(expert + "in_proj.weight", rows, d, fanIn(d));
        scan(expert, TinyModels.EXPERT_HEADS, inner);
      } else {
        swiGlu(expert, TinyModels.EXPERT_FFN);
      }
    }
  }

  private void scan(String prefix, int heads, int inner) {
    exact(prefix + "A_log", 1.4f, 1.3f, heads);
    exact(prefix + "D", 1f, 0.2f, heads);
    exact(prefix + "dt_bias", -3f, 1.5f, heads);
    norm(prefix + "norm.weight", inner);
    matrix(prefix + "out_proj.weight", options.dModel(), inner, fanIn(inner));
  }

  private void swiGlu(String prefix, int width) {
    int d = options.dModel();
    matrix(prefix + "gate_proj.weight", width, d, fanIn(d));
    matrix(prefix + "up_proj.weight", width, d, fanIn(d));
    matrix(prefix + "down_proj.weight", d, width, 2f * fanIn(width));
  }

  private void norm(String name, int size) {
    exact(name, 1f, 0.2f, size);
  }

  private void matrix(String name, int rows, int columns, float spread) {
    put(name, options.dtype(), 0f, spread, rows, columns);
  }

  private void exact(String name, float centre, float spread, long... shape) {
    put(name, DType.F32, centre, spread, shape);
  }

  /** Values uniform in centre ± spread. */
  private void put(String name, DType dtype, float centre, float spread, long... shape) {
    int elements = 1;
    for (long extent : shape) {
      elements = Math.toIntExact(elements * extent);
    }
    float[] values = new float[elements];
    for (int i = 0; i < elements; i++) {
      values[i] = centre + spread * (random.nextInt(1 << 24) - (1 << 23)) * 0x1p-23f;
    }
    tensors.put(name, SafetensorsWriter.of(name, dtype, shape, values));
  }

  /** Spread of uniform weights that keep the variance of their input. */
  private static float fanIn(int inputs) {
    return (float) Math.sqrt(3.0 / inputs);
  }
}
