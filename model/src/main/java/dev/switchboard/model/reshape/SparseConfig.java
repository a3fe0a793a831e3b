package dev.switchboard.model.reshape;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.node.ArrayNode;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.architecture.RopePlan;
import dev.switchboard.model.checkpoint.DType;
import java.util.List;

/**
 * The dense model's {@code config.json} with experts. What two families have other defaults for
 * (rope's base, norms' eps, numbers of heads) is written out.
 */
final class SparseConfig {
  /** Keys that mean nothing to the new family, or are said anew. */
  private static final List<String> DROPPED =
      List.of(
          "_name_or_path",
          "attention_bias",
          "attention_out_bias",
          "auto_map",
          "mlp_bias",
          "pretraining_tp",
          "quantization_config",
          "rope_interleave",
          "transformers_version",
          "dtype",
          "torch_dtype");

  private final ModelPlan plan;
  private final ObjectNode config;

  private SparseConfig(ModelPlan plan, JsonNode dense) {
    this.plan = plan;
    this.config = (ObjectNode) dense.deepCopy();
  }

  /**
   * @param plan of the dense model
   * @param dense its configuration
   * @param width between the projections of an expert
   */
  static ObjectNode of(
      ModelPlan plan, JsonNode dense, SparseFamily family, UpcycleOptions options, int width) {
    SparseConfig config = new SparseConfig(plan, dense);
    config.common(family);
    config.experts(family, options, width);
    return config.config;
  }

  /** With the type of the weights. */
  static void typed(ObjectNode config, DType dtype) {
    config.put("torch_dtype", dtype == DType.BF16 ? "bfloat16" : "float32");
  }

  private void common(SparseFamily family) {
    config.remove(DROPPED);
    config.put("model_type", family.modelType());
    config.putArray("architectures").add(family.architecture());
    MixerPlan.Attention attention =
        (MixerPlan.Attention) plan.layers().getFirst().mixer().orElseThrow().block();
    config.put("num_attention_heads", attention.heads().query());
    config.put("num_key_value_heads", attention.heads().keyValue());
    config.put("head_dim", attention.heads().dim());
    config.put("vocab_size", plan.vocabulary());
    if (!config.has("hidden_act")) {
      config.put("hidden_act", "silu");
    }
    config.put("rms_norm_eps", shortest(plan.finalNorm().eps()));
    config.put("tie_word_embeddings", tied(plan));
    attention.rope().ifPresent(this::rope);
    ends();
  }

  /** Whether the head is the embedding. */
  static boolean tied(ModelPlan plan) {
    return plan.head().weight().tensor().equals(plan.embedding().tensor());
  }

  private void rope(RopePlan rope) {
    if (config.get("rope_parameters") instanceof ObjectNode parameters) {
      parameters.put("rope_theta", rope.theta());
      if (!parameters.has("rope_type")) {
        parameters.put("rope_type", "default");
      }
    } else {
      config.put("rope_theta", rope.theta());
    }
  }

  /** One end token stands by itself, none is not said. */
  private void ends() {
    if (config.get("eos_token_id") instanceof ArrayNode ends && ends.size() < 2) {
      if (ends.isEmpty()) {
        config.remove("eos_token_id");
      } else {
        config.set("eos_token_id", ends.get(0));
      }
    }
  }

  private void experts(SparseFamily family, UpcycleOptions options, int width) {
    config.put("num_experts_per_tok", options.topK() * options.granularity());
    config.put("output_router_logits", false);
    config.put("router_aux_loss_coef", 0.001);
    if (family == SparseFamily.MIXTRAL) {
      config.put("num_local_experts", options.allExperts());
      config.put("intermediate_size", width);
      config.put("router_jitter_noise", 0.0);
      if (!config.has("sliding_window")) {
        config.putNull("sliding_window");
      }
      return;
    }
    config.put("num_experts", options.allExperts());
    config.put("moe_intermediate_size", width);
    config.put("norm_topk_prob", true);
    config.put("decoder_sparse_step", 1);
    config.putArray("mlp_only_layers");
    if (family == SparseFamily.QWEN2_MOE) {
      config.put("shared_expert_intermediate_size", SparseTensors.SHARED_WIDTH);
    }
  }

  /** 1e-5 and not what the nearest float is as a double. */
  private static double shortest(float value) {
    return Double.parseDouble(Float.toString(value));
  }
}
