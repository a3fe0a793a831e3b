package dev.switchboard.model.gguf;

import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import java.util.Map;

/**
 * Sizes of latent attention, and the matrix that llama.cpp's newer files split: {@code attn_k_b}
 * {@code [heads, rank, nope]} and {@code attn_v_b} {@code [heads, value, rank]} instead of {@code
 * attn_kv_b} {@code [heads * (nope + value), rank]}.
 *
 * @param query rank of the queries; 0: they have none
 */
record LatentSizes(int heads, int nope, int rope, int value, int rank, int query) {
  static LatentSizes of(GgufSource source) {
    int rope = source.count("rope.dimension_count");
    // Newer files call the widths of heads so, and give those of the latent under the older names.
    int key =
        source.count(
            source.has("attention.key_length_mla")
                ? "attention.key_length_mla"
                : "attention.key_length");
    int value =
        source.count(
            source.has("attention.value_length_mla")
                ? "attention.value_length_mla"
                : "attention.value_length");
    if (key <= rope) {
      throw source.error("attention.key_length", key, "more than rope.dimension_count, " + rope);
    }
    return new LatentSizes(
        source.uniform("attention.head_count"),
        key - rope,
        rope,
        value,
        source.count("attention.kv_lora_rank"),
        source.count("attention.q_lora_rank", 0));
  }

  void write(GgufConfig config) {
    config
        .put("num_attention_heads", heads)
        .put("qk_nope_head_dim", nope)
        .put("qk_rope_head_dim", rope)
        .put("v_head_dim", value)
        .put("kv_lora_rank", rank);
    if (query > 0) {
      config.put("q_lora_rank", query);
    } else {
      config.node().putNull("q_lora_rank");
    }
  }

  /** Puts split matrices together again, widened: they are small beside the experts. */
  void join(GgufSource source, Map<String, Tensor> tensors) {
    for (int i = 0; i < source.layers(); i++) {
      if (source.holds(i, "attn_k_b.weight") && source.holds(i, "attn_v_b.weight")) {
        String prefix = "blk." + i + '.';
        String name = "model.layers." + i + ".self_attn.kv_b_proj.weight";
        float[] joined =
            joined(
                source
                    .checkpoint()
                    .tensor(prefix + "attn_k_b.weight", heads, rank, nope)
                    .toFloats(),
                source
                    .checkpoint()
                    .tensor(prefix + "attn_v_b.weight", heads, value, rank)
                    .toFloats());
        tensors.remove(prefix + "attn_k_b.weight");
        tensors.remove(prefix + "attn_v_b.weight");
        long[] shape = {(long) heads * (nope + value), rank};
        tensors.put(name, SafetensorsWriter.of(name, DType.F32, shape, joined));
      }
    }
  }

  private float[] joined(float[] keys, float[] values) {
    float[] joined = new float[Math.multiplyExact(heads * (nope + value), rank)];
    for (int head = 0; head < heads; head++) {
      int to = head * (nope + value) * rank;
      for (int r = 0; r < rank; r++) {
        for (int n = 0; n < nope; n++) {
          joined[to + n * rank + r] = keys[(head * rank + r) * nope + n];
        }
      }
      System.arraycopy(values, head * value * rank, joined, to + nope * rank, value * rank);
    }
    return joined;
  }
}
