package dev.switchboard.model;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.HashMap;
import java.util.Map;

/**
 * The {@code switchboard} family as its page in the documentation describes it, token by token, in
 * double precision, straight from the tensors: shares no code with what it is compared to.
 */
final class PlainModel {
  private final Checkpoint checkpoint;
  private final JsonNode config;
  private final double eps;
  private final Map<String, double[]> memory = new HashMap<>();

  PlainModel(Checkpoint checkpoint) {
    this.checkpoint = checkpoint;
    this.config = checkpoint.config();
    this.eps = config.get("rms_norm_eps").asDouble();
  }

  private int size(String key) {
    return config.get(key).asInt();
  }

  private float[] tensor(String name) {
    return checkpoint.find(name).orElseThrow(() -> new AssertionError(name)).toFloats();
  }

  /** Logits after one more token. */
  double[] next(int token) {
    int d = size("hidden_size");
    double[] h = new double[d];
    float[] table = tensor("model.embed_tokens.weight");
    for (int i = 0; i < d; i++) {
      h[i] = table[token * d + i];
    }
    for (int i = 0; i < size("num_hidden_layers"); i++) {
      String layer = "model.layers." + i + ".";
      add(h, 1, mixer(layer + "mixer.", norm(h, layer + "mixer_norm.weight")));
      add(h, 1, moe(layer + "moe.", norm(h, layer + "moe_norm.weight")));
    }
    boolean tied = config.get("tie_word_embeddings").asBoolean();
    return times(
        tied ? "model.embed_tokens.weight" : "lm_head.weight", norm(h, "model.final_norm.weight"));
  }

  private double[] mixer(String prefix, double[] u) {
    int heads = size("mamba_num_heads");
    int p = size("mamba_head_dim");
    int n = size("mamba_state_size");
    int inner = heads * p;
    double[] projected = times(prefix + "in_proj.weight", u);
    int channels = inner + 2 * n;
    int kernel = size("mamba_conv_kernel");
    double[] past = memory.computeIfAbsent(prefix + "conv", k -> new double[kernel * channels]);
    System.arraycopy(past, channels, past, 0, (kernel - 1) * channels);
    System.arraycopy(projected, inner, past, (kernel - 1) * channels, channels);
    float[] weight = tensor(prefix + "conv1d.weight");
    float[] bias = tensor(prefix + "conv1d.bias");
    for (int c = 0; c < channels; c++) {
      double sum = bias[c];
      for (int k = 0; k < kernel; k++) {
        sum += past[k * channels + c] * weight[c * kernel + k];
      }
      projected[inner + c] = silu(sum);
    }
    return mamba(prefix, projected, heads, p, n);
  }

  private double[] mamba(String prefix, double[] projected, int heads, int p, int n) {
    int inner = heads * p;
    double[] state = memory.computeIfAbsent(prefix + "state", k -> new double[inner * n]);
    double[] y = new double[inner];
    for (int c = 0; c < inner; c++) {
      int head = c / p;
      double dt =
          Math.log1p(
              Math.exp(projected[2 * inner + 2 * n + head] + tensor(prefix + "dt_bias")[head]));
      double a = Math.exp(-Math.exp(tensor(prefix + "A_log")[head]) * dt);
      double x = projected[inner + c];
      for (int i = 0; i < n; i++) {
        state[c * n + i] = a * state[c * n + i] + dt * x * projected[2 * inner + i];
        y[c] += state[c * n + i] * projected[2 * inner + n + i];
      }
      y[c] = (y[c] + tensor(prefix + "D")[head] * x) * silu(projected[c]);
    }
    return times(prefix + "out_proj.weight", norm(y, prefix + "norm.weight"));
  }

  private double[] moe(String prefix, double[] u) {
    double[] g = times(prefix + "gate.weight", u);
    if (config.get("gate_memory").asBoolean()) {
      double[] before = memory.computeIfAbsent(prefix + "gate", k -> new double[g.length]);
      add(g, tensor(prefix + "gate.decay")[0], before);
      System.arraycopy(g, 0, before, 0, g.length);
    }
    int k = size("num_experts_per_tok");
    int[] chosen = new int[k];
    double[] weights = new double[k];
    double total = 0;
    for (int rank = 0; rank < k; rank++) {
      for (int e = 0; e < g.length; e++) {
        chosen[rank] = g[e] > g[chosen[rank]] ? e : chosen[rank];
      }
      weights[rank] = Math.exp(g[chosen[rank]]);
      g[chosen[rank]] = Double.NEGATIVE_INFINITY;
      total += weights[rank];
    }
    double[] out = ffn(prefix + "shared.", u);
    for (int rank = 0; rank < k; rank++) {
      String expert = prefix + "experts." + chosen[rank] + ".";
      add(out, weights[rank] / total, expert(expert, u));
    }
    return out;
  }

  private double[] expert(String prefix, double[] u) {
    if (config.get("expert_backbone").asText().equals("ffn")) {
      return ffn(prefix, u);
    }
    return mamba(
        prefix,
        times(prefix + "in_proj.weight", u),
        size("expert_mamba_num_heads"),
        size("expert_mamba_head_dim"),
        size("expert_mamba_state_size"));
  }

  private double[] ffn(String prefix, double[] u) {
    double[] gate = times(prefix + "gate_proj.weight", u);
    double[] up = times(prefix + "up_proj.weight", u);
    for (int i = 0; i < gate.length; i++) {
      gate[i] = silu(gate[i]) * up[i];
    }
    return times(prefix + "down_proj.weight", gate);
  }

  private double[] norm(double[] v, String name) {
    double squares = 0;
    for (double x : v) {
      squares += x * x;
    }
    double[] out = v.clone();
    float[] weight = tensor(name);
    for (int i = 0; i < v.length; i++) {
      out[i] *= weight[i] / Math.sqrt(squares / v.length + eps);
    }
    return out;
  }

  private double[] times(String matrix, double[] v) {
    float[] weight = tensor(matrix);
    double[] out = new double[weight.length / v.length];
    for (int i = 0; i < weight.length; i++) {
      out[i / v.length] += weight[i] * v[i % v.length];
    }
    return out;
  }

  private static void add(double[] to, double factor, double[] what) {
    for (int i = 0; i < to.length; i++) {
      to[i] += factor * what[i];
    }
  }

  private static double silu(double x) {
    return x / (1 + Math.exp(-x));
  }
}
