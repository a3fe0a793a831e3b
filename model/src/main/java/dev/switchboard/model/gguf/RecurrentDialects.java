package dev.switchboard.model.gguf;

import dev.switchboard.model.checkpoint.Tensor;
import java.util.ArrayList;
import java.util.HashMap;
import java.util.List;
import java.util.Map;
import java.util.function.IntPredicate;
import java.util.function.UnaryOperator;

/**
 * How llama.cpp's converter writes the families with Mamba layers: A stands as -exp(A_log), and
 * which layers are attention is told by their numbers of key heads.
 */
final class RecurrentDialects {
  private RecurrentDialects() {}

  private static Map<String, String> ends(String embedding, String norm) {
    return Map.of(
        "token_embd.weight",
        embedding,
        "output_norm.weight",
        norm,
        "output.weight",
        "lm_head.weight");
  }

  /** A Mamba mixer's parts, under a prefix that ends with a dot. */
  private static void mamba(Map<String, String> parts, String mixer) {
    parts.put("ssm_in", mixer + "in_proj");
    parts.put("ssm_conv1d", mixer + "conv1d");
    parts.put("ssm_out", mixer + "out_proj");
    parts.put("ssm_a", mixer + "A");
    parts.put("ssm_d", mixer + "D");
  }

  private static void mamba1(Map<String, String> parts, String mixer) {
    mamba(parts, mixer);
    parts.put("ssm_x", mixer + "x_proj");
    parts.put("ssm_dt", mixer + "dt_proj");
  }

  private static void mamba2(Map<String, String> parts, String mixer) {
    mamba(parts, mixer);
    parts.put("ssm_dt.bias", mixer + "dt_bias");
    parts.put("ssm_norm", mixer + "norm");
  }

  /** Mamba 1 and 2 alone. */
  private static GgufModel alone(GgufConfig config, Map<String, String> parts) {
    parts.put("attn_norm", "norm");
    Map<String, String> ends = ends("backbone.embeddings.weight", "backbone.norm_f.weight");
    return shaped(new GgufModel(config.node(), new GgufNames(ends, "backbone.layers.", parts)));
  }

  /** Vectors that GGUF holds as matrices, and the convolution, which it holds as one. */
  private static GgufModel shaped(GgufModel model) {
    UnaryOperator<Tensor> flat =
        tensor ->
            tensor.shape().size() == 2 && tensor.dim(1) == 1
                ? GgufNames.reshaped(tensor.elements()).apply(tensor)
                : tensor;
    model
        .names()
        .view("ssm_a", flat)
        .view("ssm_d", flat)
        .view("ssm_norm.weight", t -> GgufNames.reshaped(t.elements()).apply(t))
        .view(
            "ssm_conv1d.weight",
            t -> t.shape().size() == 2 ? GgufNames.reshaped(t.dim(0), 1, t.dim(1)).apply(t) : t);
    return model;
  }

  static GgufModel mambaOne(GgufSource source) {
    refuseInnerNorms(source);
    GgufConfig config = new GgufConfig(source, "mamba").common();
    config
        .put("layer_norm_epsilon", source.number("attention.layer_norm_rms_epsilon"))
        .put("intermediate_size", source.count("ssm.inner_size"))
        .put("state_size", source.count("ssm.state_size"))
        .put("conv_kernel", source.count("ssm.conv_kernel"))
        .put("time_step_rank", source.count("ssm.time_step_rank"))
        .put("use_bias", source.anyHolds("ssm_in.bias"))
        .put("use_conv_bias", source.anyHolds("ssm_conv1d.bias"))
        .put("hidden_act", "silu");
    Map<String, String> parts = new HashMap<>();
    mamba1(parts, "mixer.");
    return alone(config, parts);
  }

  private static void refuseInnerNorms(GgufSource source) {
    if (source.flag("ssm.dt_b_c_rms", false)) {
      throw source.error("ssm.dt_b_c_rms", true, "false: there is no arithmetic for it here");
    }
  }

  static GgufModel mambaTwo(GgufSource source) {
    GgufConfig config = new GgufConfig(source, "mamba2").common();
    int heads = heads(source);
    config
        .put("layer_norm_epsilon", source.number("attention.layer_norm_rms_epsilon"))
        .put("num_heads", heads)
        .put("head_dim", source.count("ssm.inner_size") / heads)
        .put("expand", (double) source.count("ssm.inner_size") / width(source))
        .put("state_size", source.count("ssm.state_size"))
        .put("n_groups", source.count("ssm.group_count", 1))
        .put("conv_kernel", source.count("ssm.conv_kernel"))
        .put("use_bias", source.anyHolds("ssm_in.bias"))
        .put("use_conv_bias", source.anyHolds("ssm_conv1d.bias"))
        .put("hidden_act", "silu");
    whole(config, "expand");
    Map<String, String> parts = new HashMap<>();
    mamba2(parts, "mixer.");
    return alone(config, parts);
  }

  /** Whole numbers are written without a point. */
  private static void whole(GgufConfig config, String key) {
    double value = config.node().get(key).doubleValue();
    if (value == Math.rint(value)) {
      config.put(key, (int) value);
    }
  }

  private static int width(GgufSource source) {
    int width = source.count("embedding_length");
    if (width < 1) {
      throw source.error("embedding_length", width, "at least 1");
    }
    return width;
  }

  private static int heads(GgufSource source) {
    int heads = source.count("ssm.time_step_rank");
    int inner = source.count("ssm.inner_size");
    if (heads < 1 || inner % heads != 0) {
      throw source.error("ssm.time_step_rank", heads, "a divisor of ssm.inner_size, " + inner);
    }
    return heads;
  }

  static GgufModel jamba(GgufSource source) {
    GgufConfig config = new GgufConfig(source, "jamba").common().heads().feedForward();
    int[] keyHeads = source.perLayer("attention.head_count_kv");
    config
        .put("mamba_d_conv", source.count("ssm.conv_kernel"))
        .put("mamba_d_state", source.count("ssm.state_size"))
        .put("mamba_dt_rank", source.count("ssm.time_step_rank"))
        .put("mamba_expand", source.count("ssm.inner_size") / width(source))
        .put("mamba_conv_bias", source.anyHolds("ssm_conv1d.bias"))
        .put("mamba_proj_bias", source.anyHolds("ssm_in.bias"))
        .put("hidden_act", "silu")
        .put("num_experts", Math.max(1, source.count("expert_count", 1)))
        .put("num_experts_per_tok", Math.max(1, source.count("expert_used_count", 1)));
    every(source, config, "attn_layer", i -> keyHeads[i] > 0);
    every(source, config, "expert_layer", i -> source.holds(i, "ffn_gate_inp.weight"));
    Map<String, String> parts = AttentionDialects.parts("feed_forward.");
    parts.put("ffn_norm", "pre_ff_layernorm");
    parts.put("ffn_gate_inp", "feed_forward.router");
    mamba1(parts, "mamba.");
    parts.put("ssm_dt_norm", "mamba.dt_layernorm");
    parts.put("ssm_b_norm", "mamba.b_layernorm");
    parts.put("ssm_c_norm", "mamba.c_layernorm");
    Map<String, String> ends = ends("model.embed_tokens.weight", "model.final_layernorm.weight");
    return shaped(new GgufModel(config.node(), new GgufNames(ends, "model.layers.", parts)));
  }

  /** Period and offset that give exactly these layers. */
  private static void every(GgufSource source, GgufConfig config, String key, IntPredicate is) {
    int layers = source.layers();
    for (int period = 1; period <= layers + 1; period++) {
      for (int offset = 0; offset < period; offset++) {
        if (fits(layers, period, offset, is)) {
          config.put(key + "_period", period).put(key + "_offset", offset);
          return;
        }
      }
    }
    throw source.error(
        key.startsWith("attn") ? "attention.head_count_kv" : "expert_count",
        "without a period",
        "layers at equal distances");
  }

  private static boolean fits(int layers, int period, int offset, IntPredicate is) {
    for (int i = 0; i < layers; i++) {
      if (is.test(i) != (i % period == offset)) {
        return false;
      }
    }
    return true;
  }

  /** Granite 4, and Bamba, which the converter writes as the same architecture. */
  static GgufModel graniteHybrid(GgufSource source) {
    GgufConfig config = new GgufConfig(source, "granitemoehybrid").common().heads();
    int heads = heads(source);
    boolean sparse = source.count("expert_count", 0) > 0;
    AttentionDialects.multipliers(config);
    config
        .list("layer_types", types(source, "mamba", "attention"))
        .put("mamba_n_heads", heads)
        .put("mamba_d_head", source.count("ssm.inner_size") / heads)
        .put("mamba_expand", source.count("ssm.inner_size") / width(source))
        .put("mamba_d_state", source.count("ssm.state_size"))
        .put("mamba_n_groups", source.count("ssm.group_count", 1))
        .put("mamba_d_conv", source.count("ssm.conv_kernel"))
        .put("mamba_conv_bias", source.anyHolds("ssm_conv1d.bias"))
        .put("mamba_proj_bias", source.anyHolds("ssm_in.bias"))
        .put("hidden_act", "silu")
        .put("num_local_experts", sparse ? source.count("expert_count") : 0)
        .put("num_experts_per_tok", sparse ? source.count("expert_used_count") : 0);
    boolean turns = source.flag("rope.scaling.finetuned", true);
    config.put("position_embedding_type", turns ? "rope" : "nope");
    if (turns) {
      config.rope(config.headDim(), true);
    }
    Map<String, String> parts = AttentionDialects.parts("shared_mlp.");
    if (sparse) {
      parts.putAll(AttentionDialects.parts("block_sparse_moe."));
      AttentionDialects.shared(parts, "shared_mlp.");
      config.put("intermediate_size", AttentionDialects.width(source, "ffn_up_exps.weight"));
      config.put("shared_intermediate_size", source.count("expert_shared_feed_forward_length", 0));
    } else {
      config.feedForward();
      config.put("shared_intermediate_size", source.largest("feed_forward_length"));
    }
    parts.put("ffn_gate_inp", "block_sparse_moe.router");
    mamba2(parts, "mamba.");
    return shaped(
        new GgufModel(
            config.node(), new GgufNames(AttentionDialects.ENDS, "model.layers.", parts)));
  }

  private static List<String> types(GgufSource source, String recurrent, String attention) {
    List<String> types = new ArrayList<>();
    for (int heads : source.perLayer("attention.head_count_kv")) {
      types.add(heads > 0 ? attention : recurrent);
    }
    return types;
  }

  /** One mixer a layer: Mamba-2, attention, a network, or experts. */
  static GgufModel nemotronH(GgufSource source) {
    GgufConfig config = new GgufConfig(source, "nemotron_h").common().heads();
    int heads = heads(source);
    String pattern = pattern(source);
    config
        .put("hybrid_override_pattern", pattern)
        .put("layer_norm_epsilon", source.number("attention.layer_norm_rms_epsilon"))
        .put("mamba_num_heads", heads)
        .put("mamba_head_dim", source.count("ssm.inner_size") / heads)
        .put("ssm_state_size", source.count("ssm.state_size"))
        .put("n_groups", source.count("ssm.group_count", 1))
        .put("conv_kernel", source.count("ssm.conv_kernel"))
        .put("use_conv_bias", source.anyHolds("ssm_conv1d.bias"))
        .put("use_bias", source.anyHolds("ssm_in.bias"))
        .put("attention_bias", source.anyHolds("attn_q.bias"))
        .put("mlp_bias", source.anyHolds("ffn_up.bias"))
        .put("mlp_hidden_act", "relu2")
        .put("intermediate_size", Math.max(1, source.largest("feed_forward_length")));
    config.put("head_dim", config.headDim());
    if (pattern.contains("E")) {
      experts(source, config);
    }
    return shaped(new GgufModel(config.node(), nemotronNames()));
  }

  private static void experts(GgufSource source, GgufConfig config) {
    int groups = Math.max(1, source.count("expert_group_count", 1));
    config
        .put("n_routed_experts", source.count("expert_count"))
        .put("num_experts_per_tok", source.count("expert_used_count"))
        .put("n_shared_experts", source.count("expert_shared_count", 1))
        .put("moe_intermediate_size", AttentionDialects.width(source, "ffn_up_exps.weight"))
        .put(
            "moe_shared_expert_intermediate_size",
            source.count("expert_shared_feed_forward_length"))
        .put("routed_scaling_factor", source.number("expert_weights_scale", 1))
        .put("norm_topk_prob", source.flag("expert_weights_norm", true))
        .put("n_group", groups)
        .put("topk_group", groups == 1 ? 1 : source.count("expert_group_used_count"));
    if (source.has("moe_latent_size")) {
      config.put("moe_latent_size", source.count("moe_latent_size"));
    }
  }

  private static GgufNames nemotronNames() {
    Map<String, String> parts = new HashMap<>();
    parts.put("attn_norm", "norm");
    for (String name : new String[] {"q", "k", "v"}) {
      parts.put("attn_" + name, "mixer." + name + "_proj");
    }
    parts.put("attn_output", "mixer.o_proj");
    for (String name : new String[] {"up", "down"}) {
      parts.put("ffn_" + name, "mixer." + name + "_proj");
      parts.put("ffn_" + name + "_exps.weight", "mixer.experts." + name + "_proj");
      parts.put("ffn_" + name + "_shexp", "mixer.shared_experts." + name + "_proj");
    }
    parts.put("ffn_gate_inp", "mixer.gate");
    parts.put("exp_probs_b.bias", "mixer.gate.e_score_correction_bias");
    parts.put("ffn_latent_down", "mixer.fc1_latent_proj");
    parts.put("ffn_latent_up", "mixer.fc2_latent_proj");
    mamba2(parts, "mixer.");
    Map<String, String> ends = ends("backbone.embeddings.weight", "backbone.norm_f.weight");
    return new GgufNames(ends, "backbone.layers.", parts);
  }

  private static String pattern(GgufSource source) {
    int[] keyHeads = source.perLayer("attention.head_count_kv");
    StringBuilder pattern = new StringBuilder();
    for (int i = 0; i < source.layers(); i++) {
      if (keyHeads[i] > 0) {
        pattern.append('*');
      } else if (source.holds(i, "ffn_gate_inp.weight")) {
        pattern.append('E');
      } else {
        pattern.append(source.holds(i, "ffn_up.weight") ? '-' : 'M');
      }
    }
    return pattern.toString();
  }
}
