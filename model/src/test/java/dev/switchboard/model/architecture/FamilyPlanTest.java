package dev.switchboard.model.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.JsonNode;
import com.fasterxml.jackson.databind.ObjectMapper;
import com.fasterxml.jackson.databind.node.JsonNodeFactory;
import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.checkpoint.Tensor;
import java.lang.foreign.MemorySegment;
import java.nio.file.Path;
import java.util.HashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;
import org.junit.jupiter.params.provider.ValueSource;

/** Configurations of the attention families against the golden checkpoints' tensors. */
class FamilyPlanTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/hf");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mixtral",
        "mixtral/fused",
        "mixtral/sharded",
        "qwen2_moe",
        "qwen2_moe/fused",
        "qwen3_moe",
        "qwen3_moe/fused",
        "qwen3_moe/sharded",
        "olmoe",
        "olmoe/fused",
        "olmoe/bf16",
        "granitemoe",
        "granitemoe/fused",
        "deepseek_v2",
        "deepseek_v2/fused",
        "deepseek_v3",
        "deepseek_v3/fused",
        "deepseek_v3/fp8",
        "gpt_oss",
        "gpt_oss/mxfp4",
        "llama",
        "llama/f16",
        "llama/sharded",
        "mistral",
        "qwen2",
        "qwen3",
        "gemma3",
        "mamba",
        "mamba2",
        "jamba",
        "jamba/fused",
        "bamba",
        "granitemoehybrid",
        "granitemoehybrid/fused",
        "granitemoehybrid/bf16",
        "granitemoehybrid_dense",
        "nemotron_h",
        "nemotron_h/fused"
      })
  void bothSpellingsGiveTheSamePlan(String folder) {
    Path path = GOLDEN.resolve(folder);
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      ModelPlan plan = Architectures.plan(checkpoint);
      assertThat(plan.layers()).isNotEmpty();
      Path newer = path.resolve("config.v5.json");
      if (newer.toFile().exists()) {
        assertThat(Architectures.plan(with(checkpoint, JsonFiles.readObject(newer))))
            .usingRecursiveComparison()
            .ignoringFields("ignoredTensors")
            .isEqualTo(plan);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({
    "mixtral, num_experts_per_tok, 9, 'num_experts_per_tok is 9; expected at most num_local_experts'",
    "mixtral, num_key_value_heads, 3, num_key_value_heads is 3; expected a divisor",
    "mixtral, num_attention_heads, 5, expected a divisor of",
    "mixtral, vocab_size, 400, model.embed_tokens.weight",
    "mixtral, num_local_experts, 4, model.layers.0.block_sparse_moe.",
    "mixtral, num_local_experts, 16777216, experts.8.w1.weight is missing; num_local_experts is 16777216",
    "mixtral, num_hidden_layers, 1, tensor model.layers.1.",
    "mixtral, num_hidden_layers, 3, tensor model.layers.2.",
    "mixtral, hidden_act, '\"relu6\"', hidden_act is \"relu6\"",
    "mixtral, sliding_window, 0, sliding_window is 0",
    "mixtral, partial_rotary_factor, 0.5, partial_rotary_factor",
    "mixtral, rope_scaling, '{\"rope_type\": \"spiral\"}', spiral",
    "mixtral, rope_parameters, '{\"full_attention\": {\"rope_theta\": 1.0}}', rope_parameters is",
    "mixtral, quantization_config, '{\"quant_method\": \"gptq\"}', gptq",
    "mixtral, model_type, '\"mixtral9\"', mixtral9",
    "mixtral/fused, num_local_experts, 4, gate_up_proj",
    "deepseek_v2, topk_method, '\"noaux_tc\"', topk_method is \"noaux_tc\"",
    "deepseek_v2, n_group, 5, n_group is 5; expected a divisor of n_routed_experts",
    "deepseek_v2, topk_group, 5, 'topk_group is 5; expected at most n_group'",
    "deepseek_v2, num_key_value_heads, 2, num_key_value_heads is 2",
    "deepseek_v3, scoring_func, '\"softmax\"', scoring_func is \"softmax\"",
    "deepseek_v3, num_experts_per_tok, 9, num_experts_per_tok is 9",
    "deepseek_v3, moe_layer_freq, 2, moe_layer_freq is 2",
    "deepseek_v3/fp8, quantization_config, null, quantization_config",
    "gpt_oss, num_local_experts, 4, gate_up_proj_bias",
    "gpt_oss, layer_types, '[\"full_attention\"]', layer_types",
    "qwen2, layer_types, '[\"full_attention\", \"chunked_attention\"]', chunked_attention",
    "gemma3, attn_logit_softcapping, 50.0, attn_logit_softcapping is 50.0",
    "gemma3, use_bidirectional_attention, true, use_bidirectional_attention is true",
    "mistral, layer_types, '[\"full_attention\"]', layer_types",
    "mamba, expand, 3, in_proj.weight",
    "mamba, hidden_act, '\"gelu\"', 'hidden_act is \"gelu\"; expected \"silu\"'",
    "mamba, time_step_rank, 3, x_proj.weight",
    "mamba, use_conv_bias, false, conv1d.bias has no place",
    "mamba, use_bias, true, in_proj.bias is missing",
    "mamba2, n_groups, 3, 'n_groups is 3; expected a divisor of num_heads, which is 8'",
    "mamba2, head_dim, 16, head_dim is 16; expected num_heads = 8 heads to make up",
    "mamba2, time_step_limit, '[0.5, 0.1]', time_step_limit is",
    "mamba2, state_size, 16777216, n_groups x state_size",
    "jamba, attn_layer_offset, 4, 'attn_layer_offset is 4; expected less than attn_layer_period'",
    "jamba, expert_layer_period, 4, model.layers.3.feed_forward",
    "jamba, num_experts_per_tok, 5, 'num_experts_per_tok is 5; expected at most num_experts'",
    "jamba, mamba_dt_rank, '\"auto\"', x_proj.weight",
    "bamba, attn_layer_indices, '[0]', model.layers.0.self_attn",
    "granitemoehybrid, layer_types, '[\"mamba\"]', 1 types; expected one for each",
    "granitemoehybrid, layer_types, '[\"a\", \"mamba\", \"mamba\", \"mamba\"]', layer_types is \"a\"",
    "granitemoehybrid, shared_intermediate_size, 25, shared_mlp.input_linear",
    "granitemoehybrid_dense, num_local_experts, 4, num_experts_per_tok is 0",
    "nemotron_h, hybrid_override_pattern, '\"MX\"', hybrid_override_pattern is \"X\"",
    "nemotron_h, n_group, 3, n_group is 3; expected a divisor of n_routed_experts",
    "nemotron_h, mlp_hidden_act, '\"gelu\"', mlp_hidden_act is \"gelu\"",
    "nemotron_h, moe_latent_size, 8, fc1_latent_proj",
    "nemotron_h, n_routed_experts, 16777216, experts.8.up_proj.weight is missing"
  })
  void aWrongConfigurationIsNamed(String folder, String key, String json, String message)
      throws Exception {
    Path path = GOLDEN.resolve(folder);
    try (Checkpoint checkpoint = Checkpoint.open(path)) {
      ObjectNode config = checkpoint.config().deepCopy();
      config.set(key, new ObjectMapper().readTree(json));

      assertThatThrownBy(() -> Architectures.plan(with(checkpoint, config)))
          .isInstanceOf(CheckpointException.class)
          .hasMessageContaining(message)
          .hasMessageContaining(path.getFileName().toString());
    }
  }

  @Test
  void buffersAndFurtherLayersAreIgnoredOthersAreNot() {
    try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve("deepseek_v3"))) {
      Tensor some = checkpoint.find("model.norm.weight").orElseThrow();
      Map<String, Tensor> more = all(checkpoint);
      more.put("model.layers.0.self_attn.rotary_emb.inv_freq", some);
      more.put("model.layers.3.eh_proj.weight", some);
      ObjectNode config = checkpoint.config().deepCopy();
      config.put("num_nextn_predict_layers", 1);
      Architectures.plan(checkpoint.as(config, more));

      more.put("model.layers.4.eh_proj.weight", some);
      assertThatThrownBy(() -> Architectures.plan(checkpoint.as(config, more)))
          .hasMessageContaining("model.layers.4.eh_proj.weight");
    }
  }

  @Test
  void aTiedHeadThatIsThereIsReadOnlyIfItDiffers() {
    try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve("qwen2"))) {
      Tensor embedding = checkpoint.find("model.embed_tokens.weight").orElseThrow();
      Map<String, Tensor> more = all(checkpoint);
      more.put("lm_head.weight", embedding.named("lm_head.weight"));
      ModelPlan same = Architectures.plan(checkpoint.as(checkpoint.config(), more));
      assertThat(same.head().weight()).isEqualTo(same.embedding());

      Tensor zeros =
          new Tensor(
              "lm_head.weight",
              embedding.dtype(),
              embedding.shape(),
              MemorySegment.ofArray(new byte[(int) embedding.data().byteSize()]));
      more.put("lm_head.weight", zeros);
      ModelPlan other = Architectures.plan(checkpoint.as(checkpoint.config(), more));
      assertThat(other.head().weight().tensor()).isEqualTo("lm_head.weight");
    }
  }

  @Test
  void aTextModelInsideAnotherIsFoundUnderBothNames() {
    try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve("gemma3"))) {
      ObjectNode outer = JsonNodeFactory.instance.objectNode();
      outer.put("model_type", "gemma3");
      outer.set("text_config", checkpoint.config());
      for (String root : new String[] {"language_model.model.", "model.language_model."}) {
        Map<String, Tensor> inside = new HashMap<>();
        all(checkpoint).forEach((name, tensor) -> inside.put(name.replace("model.", root), tensor));
        inside.put("vision_tower.weight", checkpoint.find("model.norm.weight").orElseThrow());

        ModelPlan plan = Architectures.plan(checkpoint.as(outer, inside));

        assertThat(plan.embedding().tensor()).startsWith(root);
      }
    }
  }

  @ParameterizedTest
  @CsvSource({"llama, 512", "llama_dynamic, 120", "llama_yarn, 256", "llama_linear, 1024"})
  void promptsMayBeAsLongAsRopeReaches(String family, int tokens) {
    try (Checkpoint checkpoint = Checkpoint.open(GOLDEN.resolve(family))) {
      assertThat(Architectures.plan(checkpoint).maxPromptTokens()).isEqualTo(tokens);
    }
  }

  private static Map<String, Tensor> all(Checkpoint checkpoint) {
    Map<String, Tensor> tensors = new HashMap<>();
    checkpoint.names().forEach(name -> tensors.put(name, checkpoint.find(name).orElseThrow()));
    return tensors;
  }

  private static Checkpoint with(Checkpoint checkpoint, JsonNode config) {
    return checkpoint.as(config, all(checkpoint));
  }
}
