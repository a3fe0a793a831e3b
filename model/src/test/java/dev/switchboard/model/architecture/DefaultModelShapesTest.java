package dev.switchboard.model.architecture;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.Map;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** The shapes of the default model, written out as numbers: the plan's formulas must agree. */
class DefaultModelShapesTest {
  private static final String CONFIG =
      """
      {"model_type": "switchboard", "architectures": ["SwitchboardForCausalLM"], "torch_dtype": "bfloat16",
       "vocab_size": 8192, "hidden_size": 192, "num_hidden_layers": 4, "rms_norm_eps": 1e-5,
       "tie_word_embeddings": true, "mamba_num_heads": 6, "mamba_head_dim": 64, "mamba_state_size": 64,
       "mamba_n_groups": 1, "mamba_conv_kernel": 4, "shared_intermediate_size": 128, "num_experts": 8,
       "num_experts_per_tok": 1, "expert_backbone": "ffn", "expert_intermediate_size": 392,
       "expert_names": ["chinese", "english", "java", "javascript", "japanese", "json", "latex", "python"],
       "gate_memory": true, "bos_token_id": 0, "eos_token_id": 0}
      """;

  private final Map<String, Tensor> tensors = new LinkedHashMap<>();

  @TempDir Path folder;

  @Test
  void planAgreesWithTheShapes() throws IOException {
    add("model.embed_tokens.weight", DType.BF16, 8192, 192);
    for (int i = 0; i < 4; i++) {
      layer("model.layers." + i + ".");
    }
    add("model.final_norm.weight", DType.F32, 192);
    SafetensorsWriter.write(folder.resolve("model.safetensors"), tensors, Map.of());
    Files.writeString(folder.resolve("config.json"), CONFIG);

    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      ModelPlan plan = Architectures.plan(checkpoint);
      assertThat(plan.layers()).hasSize(4);
      assertThat(plan.expertNames()).hasSize(8).endsWith("python");
      assertThat(plan.finalNorm().eps()).isEqualTo(1e-5f);
      MixerPlan mixer = plan.layers().getFirst().mixer().orElseThrow().block();
      assertThat(((MixerPlan.Mamba2) mixer).scan().inner()).isEqualTo(384);
    }
    assertThat(Files.size(folder.resolve("model.safetensors"))).isLessThan(21_000_000);
  }

  private void layer(String prefix) {
    add(prefix + "mixer_norm.weight", DType.F32, 192);
    add(prefix + "mixer.in_proj.weight", DType.BF16, 902, 192);
    add(prefix + "mixer.conv1d.weight", DType.F32, 512, 1, 4);
    add(prefix + "mixer.conv1d.bias", DType.F32, 512);
    add(prefix + "mixer.A_log", DType.F32, 6);
    add(prefix + "mixer.D", DType.F32, 6);
    add(prefix + "mixer.dt_bias", DType.F32, 6);
    add(prefix + "mixer.norm.weight", DType.F32, 384);
    add(prefix + "mixer.out_proj.weight", DType.BF16, 192, 384);
    add(prefix + "moe_norm.weight", DType.F32, 192);
    add(prefix + "moe.gate.weight", DType.F32, 8, 192);
    add(prefix + "moe.gate.decay", DType.F32, 1);
    swiGlu(prefix + "moe.shared.", 128);
    for (int e = 0; e < 8; e++) {
      swiGlu(prefix + "moe.experts." + e + ".", 392);
    }
  }

  private void swiGlu(String prefix, int width) {
    add(prefix + "gate_proj.weight", DType.BF16, width, 192);
    add(prefix + "up_proj.weight", DType.BF16, width, 192);
    add(prefix + "down_proj.weight", DType.BF16, 192, width);
  }

  private void add(String name, DType dtype, long... shape) {
    int elements = 1;
    for (long extent : shape) {
      elements = Math.toIntExact(elements * extent);
    }
    tensors.put(name, SafetensorsWriter.of(name, dtype, shape, new float[elements]));
  }
}
