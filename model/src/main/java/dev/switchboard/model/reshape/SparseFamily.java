package dev.switchboard.model.reshape;

import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.FfnPlan;
import dev.switchboard.model.architecture.LayerPlan;
import dev.switchboard.model.architecture.LinearPlan;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.nio.file.Path;
import java.util.List;
import java.util.Locale;

/** What a dense family's models become when they get experts: the same but for the networks. */
enum SparseFamily {
  MIXTRAL("mixtral", "MixtralForCausalLM", List.of("llama", "mistral"), "block_sparse_moe.") {
    @Override
    String expert(String layer, int expert, Part part) {
      String name =
          switch (part) {
            case GATE -> "w1";
            case UP -> "w3";
            case DOWN -> "w2";
          };
      return layer + "block_sparse_moe.experts." + expert + "." + name + ".weight";
    }
  },
  QWEN2_MOE("qwen2_moe", "Qwen2MoeForCausalLM", List.of("qwen2"), "mlp."),
  QWEN3_MOE("qwen3_moe", "Qwen3MoeForCausalLM", List.of("qwen3"), "mlp.");

  /** The three matrices of a network. */
  enum Part {
    GATE,
    UP,
    DOWN
  }

  private final String modelType;
  private final String architecture;
  private final List<String> dense;
  private final String block;

  SparseFamily(String modelType, String architecture, List<String> dense, String block) {
    this.modelType = modelType;
    this.architecture = architecture;
    this.dense = dense;
    this.block = block;
  }

  String modelType() {
    return modelType;
  }

  String architecture() {
    return architecture;
  }

  /** Name of a layer's gate. */
  String gate(String layer) {
    return layer + block + "gate.weight";
  }

  /** Name of a matrix of an expert. */
  String expert(String layer, int expert, Part part) {
    return layer
        + "mlp.experts."
        + expert
        + "."
        + part.name().toLowerCase(Locale.ROOT)
        + "_proj.weight";
  }

  /**
   * The family that a dense model's copies make.
   *
   * @throws CheckpointException naming what of the model has no place in such a family
   */
  static SparseFamily of(ModelPlan plan, Path file) {
    for (SparseFamily family : values()) {
      if (family.dense.contains(plan.modelType())) {
        family.check(plan, file);
        return family;
      }
    }
    boolean sparse = plan.layers().stream().anyMatch(SparseFamily::hasGate);
    throw CheckpointException.in(
        file,
        "model_type \"%s\" %s; experts are made of dense models of llama, mistral, qwen2 and qwen3",
        plan.modelType(),
        sparse ? "has experts already" : "has no form with experts that is known here");
  }

  private static boolean hasGate(LayerPlan layer) {
    return layer.moe().flatMap(FeedPlan.Moe::gate).isPresent();
  }

  private void check(ModelPlan plan, Path file) {
    for (int i = 0; i < plan.layers().size(); i++) {
      LayerPlan layer = plan.layers().get(i);
      boolean plain =
          layer.mixer().isPresent()
              && layer.mixer().get().block() instanceof MixerPlan.Attention attention
              && attention.clip().isEmpty()
              && attention.sinks().isEmpty()
              && layer.moe().isPresent();
      if (!plain) {
        throw CheckpointException.in(
            file, "layer %s is not one of attention and a network, as %s has them", i, modelType);
      }
      checkBiases(i, layer, file);
    }
  }

  private void checkBiases(int index, LayerPlan layer, Path file) {
    MixerPlan.Attention attention = (MixerPlan.Attention) layer.mixer().orElseThrow().block();
    FfnPlan network = network(layer);
    boolean inputs = this == QWEN2_MOE;
    List<LinearPlan> without =
        inputs
            ? List.of(attention.out(), network.up(), network.down())
            : List.of(
                attention.q(),
                attention.k(),
                attention.v(),
                attention.out(),
                network.up(),
                network.down());
    for (LinearPlan linear : without) {
      if (linear.bias().isPresent()) {
        throw CheckpointException.in(
            file,
            "layer %s has the bias %s; %s has none there",
            index,
            linear.bias().get().tensor(),
            modelType);
      }
    }
    if (network.gate().isEmpty()) {
      throw CheckpointException.in(file, "the network of layer %s has no gate", index);
    }
  }

  /** The dense network of a layer. */
  static FfnPlan network(LayerPlan layer) {
    return ((ExpertPlan.Ffn) layer.moe().orElseThrow().expert()).network();
  }
}
