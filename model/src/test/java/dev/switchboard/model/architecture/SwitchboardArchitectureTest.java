package dev.switchboard.model.architecture;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import com.fasterxml.jackson.databind.node.ObjectNode;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.JsonFiles;
import dev.switchboard.model.checkpoint.SafetensorsFile;
import dev.switchboard.model.checkpoint.SafetensorsWriter;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.testing.TinyModels;
import java.io.IOException;
import java.lang.foreign.MemorySegment;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.OptionalInt;
import java.util.function.Consumer;
import java.util.stream.Stream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.Arguments;
import org.junit.jupiter.params.provider.MethodSource;

class SwitchboardArchitectureTest {
  private static final String GATE = "model.layers.0.moe.gate.weight";

  @TempDir Path folder;

  @Test
  void plansFfnExpertsWithAGateThatRemembers() {
    TinyModels.seeded(1).bf16().tied(true).write(folder);

    ModelPlan plan = plan();

    assertThat(plan.modelType()).isEqualTo("switchboard");
    assertThat(plan.dModel()).isEqualTo(24);
    assertThat(plan.head().weight()).isEqualTo(plan.embedding());
    assertThat(plan.bos()).isEqualTo(OptionalInt.of(0));
    assertThat(plan.endTokens()).containsExactly(0);
    assertThat(plan.expertNames()).containsExactly("chinese", "english", "java", "javascript");
    assertThat(plan.layers()).hasSize(2);
    assertThat(plan.layers().get(1))
        .isEqualTo(
            LayerPlan.of(
                Branch.of(
                    NormPlan.of("model.layers.1.mixer_norm.weight", 24, 1e-5f),
                    new MixerPlan.Mamba2(
                        "model.layers.1.mixer.",
                        new MixerPlan.Scan(2, 16, 12, 1, 1e-5f, 0, Float.POSITIVE_INFINITY),
                        MixerPlan.Decay.LOGARITHMS,
                        LinearPlan.of("model.layers.1.mixer.in_proj.weight", 90, 24),
                        LinearPlan.of("model.layers.1.mixer.out_proj.weight", 24, 32),
                        4,
                        true)),
                Branch.of(NormPlan.of("model.layers.1.moe_norm.weight", 24, 1e-5f), moe())));
  }

  private static FeedPlan.Moe moe() {
    String prefix = "model.layers.1.moe.";
    GatePlan gate =
        new GatePlan(
            LinearPlan.of(prefix + "gate.weight", 4, 24),
            Optional.of(prefix + "gate.decay"),
            Optional.empty(),
            RoutingRule.of(1, RoutingRule.Scoring.SOFTMAX_OF_CHOSEN, true));
    return new FeedPlan.Moe(
        Optional.of(gate),
        4,
        new ExpertPlan.Ffn(FfnPlan.swiGlu(prefix + "experts.{e}.", 24, 20)),
        Optional.of(new SharedPlan(FfnPlan.swiGlu(prefix + "shared.", 24, 24), Optional.empty())),
        Optional.empty());
  }

  @Test
  void plansMambaExpertsAndAPlainGate() {
    TinyModels.seeded(1).mambaExperts().gateMemory(false).topK(2).write(folder);

    FeedPlan.Moe moe = plan().layers().getFirst().moe().orElseThrow();
    GatePlan gate = moe.gate().orElseThrow();

    assertThat(gate.decay()).isEmpty();
    assertThat(gate.rule().topK()).isEqualTo(2);
    assertThat(moe.expert())
        .isEqualTo(new ExpertPlan.Mamba("model.layers.0.moe.experts.{e}.", 24, 2, 8, 8));
    assertThat(((ExpertPlan.Mamba) moe.expert()).prefix(3))
        .isEqualTo("model.layers.0.moe.experts.3.");
  }

  @Test
  void generationConfigGoesFirstAndMayListEndTokens() throws IOException {
    TinyModels.seeded(1).write(folder);
    Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": [0, 7]}");
    assertThat(plan().endTokens()).containsExactly(0, 7);
    Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": 9}");
    assertThat(plan().endTokens()).containsExactly(9);
    Files.delete(folder.resolve("generation_config.json"));
    assertThat(plan().endTokens()).containsExactly(0);
    Files.writeString(folder.resolve("generation_config.json"), "{\"eos_token_id\": 266}");
    assertThatThrownBy(this::plan)
        .isInstanceOf(CheckpointException.class)
        .hasMessageContainingAll("generation_config.json", "eos_token_id", "266", "0 to 265");
  }

  static Stream<Arguments> badConfigs() {
    return Stream.of(
        bad(
            "no_such_family",
            c -> c.put("model_type", "no_such_family"),
            "unknown model_type \"no_such_family\"",
            "mixtral",
            "switchboard"),
        bad("no type", c -> c.remove("model_type"), "key model_type is missing"),
        bad("no size", c -> c.remove("hidden_size"), "key hidden_size is missing"),
        bad("negative", c -> c.put("hidden_size", -3), "hidden_size is -3", "from 1"),
        bad("zero", c -> c.put("num_hidden_layers", 0), "num_hidden_layers is 0"),
        bad("huge", c -> c.put("vocab_size", 1L << 40), "vocab_size is 1099511627776"),
        bad("text", c -> c.put("mamba_num_heads", "six"), "mamba_num_heads is \"six\""),
        bad("fraction", c -> c.put("mamba_head_dim", 1.5), "mamba_head_dim is 1.5"),
        bad(
            "k above E",
            c -> c.put("num_experts_per_tok", 5),
            "num_experts_per_tok is 5",
            "num_experts, which is 4"),
        bad(
            "groups",
            c -> c.put("mamba_n_groups", 3),
            "mamba_n_groups is 3",
            "mamba_num_heads, which is 2"),
        bad(
            "inner",
            c -> c.put("mamba_num_heads", 1 << 20).put("mamba_head_dim", 1 << 20),
            "mamba_num_heads x mamba_head_dim"),
        bad("eps", c -> c.put("rms_norm_eps", 0), "rms_norm_eps is 0"),
        bad("flag", c -> c.put("gate_memory", "yes"), "gate_memory is \"yes\"", "true or false"),
        bad("backbone", c -> c.put("expert_backbone", "rnn"), "expert_backbone is \"rnn\""),
        bad("dtype", c -> c.put("torch_dtype", "float8"), "torch_dtype is \"float8\""),
        bad(
            "names",
            c -> c.withArray("expert_names").remove(0),
            "expert_names",
            "4 different names"),
        bad("eos", c -> c.put("bos_token_id", -1).remove("x"), "bos_token_id is -1"));
  }

  private static Arguments bad(String name, Consumer<ObjectNode> change, String... expected) {
    return Arguments.of(name, change, expected);
  }

  @ParameterizedTest(name = "{0}")
  @MethodSource("badConfigs")
  void refusesAnImpossibleConfig(String name, Consumer<ObjectNode> change, String[] expected)
      throws IOException {
    TinyModels model = TinyModels.seeded(1);
    model.write(folder);
    Files.delete(folder.resolve("generation_config.json"));
    ObjectNode config = model.config();
    change.accept(config);
    JsonFiles.write(folder.resolve("config.json"), config);

    assertThatThrownBy(this::plan)
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("config.json")
        .hasMessageContainingAll(expected);
  }

  @Test
  void refusesATableOfTensorsThatDoesNotFit() {
    TinyModels.seeded(1).write(folder);

    change(tensors -> tensors.remove(GATE));
    assertRefused("tensor " + GATE + " is missing", "[4, 24]");
    change(tensors -> tensors.put("model.extra", f32("model.extra", 1)));
    assertRefused("tensor model.extra has no place");
    change(tensors -> tensors.put(GATE, f32(GATE, 24, 4)));
    assertRefused(GATE, "[24, 4]", "expected weights of shape [4, 24]");
    MemorySegment integers = MemorySegment.ofArray(new byte[4 * 96]);
    change(tensors -> tensors.put(GATE, new Tensor(GATE, DType.I32, List.of(4L, 24L), integers)));
    assertRefused(GATE, "I32", "expected weights");
    String decay = "model.layers.1.moe.gate.decay";
    change(tensors ->
        tensors.put(decay, GateArtifact.tensor(decay, new long[] {1}, new float[] {1f})));
    assertRefused(decay, "1.0", "less than 1");
    change(tensors ->
        tensors.put(decay, GateArtifact.tensor(decay, new long[] {1}, new float[] {Float.NaN})));
    assertRefused(decay, "NaN or infinity");
  }

  private void change(Consumer<Map<String, Tensor>> change) {
    TinyModels.seeded(1).write(folder);
    Path file = folder.resolve("model.safetensors");
    try (SafetensorsFile opened = SafetensorsFile.open(file)) {
      Map<String, Tensor> tensors = new LinkedHashMap<>(opened.tensors());
      change.accept(tensors);
      SafetensorsWriter.write(file, tensors, Map.of());
    }
  }

  private void assertRefused(String... expected) {
    assertThatThrownBy(this::plan)
        .isInstanceOf(CheckpointException.class)
        .hasMessageContaining("model.safetensors")
        .hasMessageContainingAll(expected);
  }

  private static Tensor f32(String name, long... shape) {
    int elements = 1;
    for (long extent : shape) {
      elements *= (int) extent;
    }
    return SafetensorsWriter.of(name, DType.F32, shape, new float[elements]);
  }

  private ModelPlan plan() {
    try (Checkpoint checkpoint = Checkpoint.open(folder)) {
      return Architectures.plan(checkpoint);
    }
  }
}
