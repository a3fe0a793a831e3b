package dev.switchboard.model.gguf;

import com.fasterxml.jackson.databind.node.ObjectNode;
import java.util.HashMap;
import java.util.Map;
import java.util.stream.IntStream;

/** How llama.cpp's converter writes the families with attention. */
final class AttentionDialects {
  /** With 62 layers the scores' scale is that of Gemma 3 27B, as in llama.cpp. */
  private static final int GEMMA_27B_LAYERS = 62;

  private static final int SIGMOID = 2;

  static final Map<String, String> ENDS =
      Map.of(
          "token_embd.weight", "model.embed_tokens.weight",
          "output_norm.weight", "model.norm.weight",
          "output.weight", "lm_head.weight");

  private static final Map<String, String> ATTENTION =
      Map.of(
          "attn_norm", "input_layernorm",
          "attn_q", "self_attn.q_proj",
          "attn_k", "self_attn.k_proj",
          "attn_v", "self_attn.v_proj",
          "attn_output", "self_attn.o_proj",
          "attn_q_norm", "self_attn.q_norm",
          "attn_k_norm", "self_attn.k_norm",
          "ffn_norm", "post_attention_layernorm");

  private AttentionDialects() {}

  /** Parts of a layer whose networks are under a prefix that ends with a dot. */
  static Map<String, String> parts(String feed) {
    Map<String, String> parts = new HashMap<>(ATTENTION);
    for (String name : new String[] {"gate", "up", "down"}) {
      parts.put("ffn_" + name, feed + name + "_proj");
      parts.put("ffn_" + name + "_exps", feed + "experts." + name + "_exps");
    }
    parts.put("ffn_gate_up_exps", feed + "experts.gate_up_exps");
    parts.put("ffn_gate_inp", feed + "gate");
    return parts;
  }

  private static GgufModel model(GgufConfig config, Map<String, String> parts) {
    return new GgufModel(config.node(), new GgufNames(ENDS, "model.layers.", parts));
  }

  private static GgufConfig decoder(GgufSource source, String modelType) {
    return new GgufConfig(source, modelType).common().heads();
  }

  private static GgufConfig experts(GgufSource source, GgufConfig config) {
    return config
        .put("num_experts", source.count("expert_count"))
        .put("num_experts_per_tok", source.count("expert_used_count"));
  }

  /** Llama, Mistral and, with experts, Mixtral: the rows of q and k are laid out for neighbours. */
  static GgufModel llama(GgufSource source) {
    boolean sparse = source.count("expert_count", 0) > 0;
    GgufConfig config = decoder(source, sparse ? "mixtral" : "llama").feedForward();
    config.rope(config.headDim(), true);
    if (sparse) {
      experts(source, config);
    }
    config.put("attention_bias", source.anyHolds("attn_q.bias"));
    config.put("attention_out_bias", source.anyHolds("attn_output.bias"));
    config.put("mlp_bias", source.anyHolds("ffn_down.bias"));
    return model(config, parts("mlp."));
  }

  static GgufModel qwen2(GgufSource source) {
    GgufConfig config = decoder(source, "qwen2").feedForward();
    return model(config.rope(config.headDim(), false), parts("mlp."));
  }

  static GgufModel qwen3(GgufSource source) {
    GgufConfig config = decoder(source, "qwen3").feedForward();
    config.put("head_dim", config.headDim());
    return model(config.rope(config.headDim(), false), parts("mlp."));
  }

  static GgufModel qwen2Moe(GgufSource source) {
    GgufConfig config = decoder(source, "qwen2_moe").feedForward();
    experts(source, config.rope(config.headDim(), false));
    String shared = "ffn_up_shexp.weight";
    config
        .put("norm_topk_prob", false)
        .put("moe_intermediate_size", width(source, "ffn_up_exps.weight"))
        .put(
            "shared_expert_intermediate_size",
            source.has("expert_shared_feed_forward_length")
                ? source.count("expert_shared_feed_forward_length")
                : source.extent("blk.0." + shared, 0));
    Map<String, String> parts = parts("mlp.");
    shared(parts, "mlp.shared_expert.");
    parts.put("ffn_gate_inp_shexp", "mlp.shared_expert_gate");
    GgufModel model = model(config, parts);
    model
        .names()
        .view("ffn_gate_inp_shexp.weight", GgufNames.reshaped(1, source.count("embedding_length")));
    return model;
  }

  static void shared(Map<String, String> parts, String prefix) {
    for (String name : new String[] {"gate", "up", "down"}) {
      parts.put("ffn_" + name + "_shexp", prefix + name + "_proj");
    }
  }

  /** Width of an expert, from the metadata or else from the first layer that has experts. */
  static int width(GgufSource source, String tensor) {
    if (source.has("expert_feed_forward_length")) {
      return source.uniform("expert_feed_forward_length");
    }
    int layer =
        IntStream.range(0, source.layers())
            .filter(i -> source.holds(i, tensor))
            .findFirst()
            .orElse(0);
    return source.extent("blk." + layer + '.' + tensor, 1);
  }

  static GgufModel qwen3Moe(GgufSource source) {
    GgufConfig config = decoder(source, "qwen3_moe").feedForward();
    experts(source, config.rope(config.headDim(), false));
    config.put("norm_topk_prob", true);
    config.put("moe_intermediate_size", width(source, "ffn_up_exps.weight"));
    return model(config, parts("mlp."));
  }

  static GgufModel olmoe(GgufSource source) {
    GgufConfig config = decoder(source, "olmoe").feedForward();
    experts(source, config.rope(config.headDim(), false));
    config.copy("attention.clamp_kqv", "clip_qkv").put("norm_topk_prob", false);
    return model(config, parts("mlp."));
  }

  /** Granite 3, dense, with experts, or with shared ones beside them. */
  static GgufModel granite(GgufSource source) {
    boolean sparse = source.count("expert_count", 0) > 0;
    boolean shared = source.anyHolds("ffn_up_shexp.weight");
    String type = shared ? "granitemoeshared" : sparse ? "granitemoe" : "granite";
    GgufConfig config = decoder(source, type).feedForward();
    config.rope(config.headDim(), true);
    multipliers(config);
    if (!sparse) {
      return model(config, parts("mlp."));
    }
    config
        .put("num_local_experts", source.count("expert_count"))
        .put("num_experts_per_tok", source.count("expert_used_count"));
    Map<String, String> parts = parts("block_sparse_moe.");
    parts.put("ffn_gate_inp", "block_sparse_moe.router");
    if (shared) {
      config.put("shared_intermediate_size", source.count("expert_shared_feed_forward_length"));
      shared(parts, "shared_mlp.");
    }
    return model(config, parts);
  }

  /** As llama.cpp: without a scale of its own, that of all other families. */
  static void multipliers(GgufConfig config) {
    config
        .put("attention_multiplier", 1 / StrictMath.sqrt(config.headDim()))
        .copy("attention.scale", "attention_multiplier")
        .copy("embedding_scale", "embedding_multiplier")
        .copy("residual_scale", "residual_multiplier")
        .copy("logit_scale", "logits_scaling");
  }

  static GgufModel gptOss(GgufSource source) {
    GgufConfig config = decoder(source, "gpt_oss");
    experts(source, config.rope(config.headDim(), false));
    config
        .put("head_dim", config.headDim())
        .put("intermediate_size", width(source, "ffn_up_exps.weight"))
        .put("sliding_window", source.count("attention.sliding_window"));
    Map<String, String> parts = parts("mlp.");
    parts.put("post_attention_norm", "post_attention_layernorm");
    parts.put("ffn_gate_inp", "mlp.router");
    parts.put("attn_sinks.weight", "self_attn.sinks");
    parts.put("attn_sinks", "self_attn.sinks");
    return model(config, parts);
  }

  static GgufModel gemma3(GgufSource source) {
    GgufConfig config = decoder(source, "gemma3_text").feedForward();
    int headDim = config.headDim();
    config.rope(headDim, false);
    config
        .put("head_dim", headDim)
        .put("norm_offset_added", true)
        .put("rope_local_base_freq", source.number("rope.freq_base_swa", 10_000))
        .put("sliding_window", source.count("attention.sliding_window"))
        .put(
            "query_pre_attn_scalar",
            source.layers() == GEMMA_27B_LAYERS
                ? source.count("embedding_length")
                    / Math.max(1, source.count("attention.head_count"))
                : headDim)
        .copy("final_logit_softcapping", "final_logit_softcapping")
        .copy("attn_logit_softcapping", "attn_logit_softcapping");
    if (!source.has("rope.freq_base")) {
      config.put("rope_theta", 1_000_000d);
    }
    Map<String, String> parts = parts("mlp.");
    parts.put("post_attention_norm", "post_attention_layernorm");
    parts.put("ffn_norm", "pre_feedforward_layernorm");
    parts.put("post_ffw_norm", "post_feedforward_layernorm");
    return model(config, parts);
  }

  /** DeepSeek-V2 or -V3, by what scores its experts. */
  static GgufModel deepseek2(GgufSource source) {
    boolean third = source.count("expert_gating_func", 1) == SIGMOID;
    GgufConfig config =
        new GgufConfig(source, third ? "deepseek_v3" : "deepseek_v2").common().feedForward();
    LatentSizes sizes = LatentSizes.of(source);
    sizes.write(config);
    config.rope(sizes.rope(), true);
    mscale(source, config);
    routing(source, config, third);
    Map<String, String> parts = parts("mlp.");
    shared(parts, "mlp.shared_experts.");
    parts.put("attn_q_a", "self_attn.q_a_proj");
    parts.put("attn_q_a_norm", "self_attn.q_a_layernorm");
    parts.put("attn_q_b", "self_attn.q_b_proj");
    parts.put("attn_kv_a_mqa", "self_attn.kv_a_proj_with_mqa");
    parts.put("attn_kv_a_norm", "self_attn.kv_a_layernorm");
    parts.put("attn_kv_b", "self_attn.kv_b_proj");
    parts.put("exp_probs_b.bias", "mlp.gate.e_score_correction_bias");
    return new GgufModel(
        config.node(),
        new GgufNames(ENDS, "model.layers.", parts),
        tensors -> sizes.join(source, tensors));
  }

  /** The file holds a tenth of mscale_all_dim; mscale is the same in all published models. */
  private static void mscale(GgufSource source, GgufConfig config) {
    if (source.has("rope.scaling.yarn_log_multiplier") && config.node().has("rope_scaling")) {
      double scale = 10 * source.number("rope.scaling.yarn_log_multiplier");
      ((ObjectNode) config.node().get("rope_scaling"))
          .put("mscale", scale)
          .put("mscale_all_dim", scale);
    }
  }

  private static void routing(GgufSource source, GgufConfig config, boolean third) {
    boolean divided = source.flag("expert_weights_norm", false);
    if (divided && !third) {
      throw source.error("expert_weights_norm", true, "false where scores are softmaxes");
    }
    int groups = Math.max(1, source.count("expert_group_count", 1));
    config
        .put("n_routed_experts", source.count("expert_count"))
        .put("num_experts_per_tok", source.count("expert_used_count"))
        .put("n_shared_experts", source.count("expert_shared_count", 0))
        .put("moe_intermediate_size", width(source, "ffn_up_exps.weight"))
        .put("first_k_dense_replace", source.count("leading_dense_block_count", 0))
        .put("routed_scaling_factor", scale(source))
        .put("norm_topk_prob", divided)
        .put("n_group", groups)
        .put("topk_group", groups == 1 ? 1 : source.count("expert_group_used_count"));
    if (!third) {
      config.put("topk_method", groups == 1 ? "greedy" : "group_limited_greedy");
    }
  }

  private static double scale(GgufSource source) {
    double scale = source.number("expert_weights_scale", 1);
    return scale == 0 ? 1 : scale;
  }
}
