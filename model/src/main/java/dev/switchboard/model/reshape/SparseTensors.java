package dev.switchboard.model.reshape;

import dev.switchboard.model.architecture.Branch;
import dev.switchboard.model.architecture.FfnPlan;
import dev.switchboard.model.architecture.LayerPlan;
import dev.switchboard.model.architecture.LinearPlan;
import dev.switchboard.model.architecture.MatrixPlan;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.architecture.NormPlan;
import dev.switchboard.model.architecture.VectorPlan;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.DType;
import dev.switchboard.model.checkpoint.GgufWriter.Item;
import dev.switchboard.model.reshape.SparseFamily.Part;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** The tensors of a dense model's copy with experts, under Hugging Face's names. */
final class SparseTensors {
  /** Qwen2-MoE has a shared expert: ours begins with an answer of zero. */
  static final int SHARED_WIDTH = 64;

  /** Of the gates' first weights, as transformers draws them. */
  private static final double GATE_DEVIATION = 0.02;

  private static final long GATES = -1;
  private static final long SHARED = -2;

  private final Checkpoint checkpoint;
  private final ModelPlan plan;
  private final SparseFamily family;
  private final UpcycleOptions options;
  private final FloatItems items;

  private SparseTensors(
      Checkpoint checkpoint,
      ModelPlan plan,
      SparseFamily family,
      UpcycleOptions options,
      DType dtype) {
    this.checkpoint = checkpoint;
    this.plan = plan;
    this.family = family;
    this.options = options;
    this.items = new FloatItems(dtype);
  }

  // size: a model, what becomes of it, and in which type
  static List<Item> of(
      Checkpoint checkpoint,
      ModelPlan plan,
      SparseFamily family,
      UpcycleOptions options,
      DType dtype) {
    SparseTensors tensors = new SparseTensors(checkpoint, plan, family, options, dtype);
    tensors.all();
    return tensors.items.items();
  }

  private void all() {
    matrix("model.embed_tokens.weight", plan.embedding(), SourceMatrix.AS_IT_IS);
    for (int i = 0; i < plan.layers().size(); i++) {
      layer(i, "model.layers." + i + ".", plan.layers().get(i));
    }
    norm("model.norm.weight", plan.finalNorm());
    if (!SparseConfig.tied(plan)) {
      matrix("lm_head.weight", plan.head().weight(), SourceMatrix.AS_IT_IS);
    }
  }

  private void layer(int index, String prefix, LayerPlan layer) {
    Branch<MixerPlan> mixer = layer.mixer().orElseThrow();
    norm(prefix + "input_layernorm.weight", mixer.norm());
    attention(prefix + "self_attn.", (MixerPlan.Attention) mixer.block());
    norm(prefix + "post_attention_layernorm.weight", layer.feed().orElseThrow().norm());
    items.matrix(family.gate(prefix), options.allExperts(), plan.dModel(), gate(index), () -> {});
    FfnPlan network = SparseFamily.network(layer);
    ExpertCopies copies = new ExpertCopies(checkpoint, network, options, index);
    for (int e = 0; e < options.allExperts(); e++) {
      copies.add(
          items,
          e,
          family.expert(prefix, e, Part.GATE),
          family.expert(prefix, e, Part.UP),
          family.expert(prefix, e, Part.DOWN));
    }
    if (family == SparseFamily.QWEN2_MOE) {
      shared(index, prefix + "mlp.shared_expert");
    }
  }

  private void attention(String prefix, MixerPlan.Attention attention) {
    int dim = attention.heads().dim();
    IntUnaryOperator order =
        attention.rope().filter(rope -> rope.interleaved()).isPresent()
            ? halves(dim)
            : SourceMatrix.AS_IT_IS;
    linear(prefix + "q_proj", attention.q(), order);
    linear(prefix + "k_proj", attention.k(), order);
    linear(prefix + "v_proj", attention.v(), SourceMatrix.AS_IT_IS);
    linear(prefix + "o_proj", attention.out(), SourceMatrix.AS_IT_IS);
    attention
        .norms()
        .ifPresent(norms -> {
          norm(prefix + "q_norm.weight", norms.q());
          norm(prefix + "k_norm.weight", norms.k());
        });
  }

  /**
   * Rope of transformers turns value i of a head with value i + dim / 2; llama.cpp has made
   * neighbours of them.
   */
  static IntUnaryOperator halves(int dim) {
    return row -> {
      int inHead = row % dim;
      return row - inHead + 2 * (inHead % (dim / 2)) + inHead / (dim / 2);
    };
  }

  /** Pieces of one copy have the same row: they are chosen together. */
  private FloatItems.Rows gate(int layer) {
    Draws draws = Draws.of(options.seed(), layer, GATES);
    int d = plan.dModel();
    return (row, out, at) -> {
      long copy = row / options.granularity();
      for (int i = 0; i < d; i++) {
        out[at + i] = (float) (GATE_DEVIATION * draws.normal(copy * d + i));
      }
    };
  }

  private void shared(int layer, String prefix) {
    int d = plan.dModel();
    for (Part part : List.of(Part.GATE, Part.UP)) {
      Draws draws = Draws.of(options.seed(), layer, SHARED, part.ordinal());
      String name = part == Part.GATE ? ".gate_proj.weight" : ".up_proj.weight";
      items.matrix(
          prefix + name,
          SHARED_WIDTH,
          d,
          (row, out, at) -> {
            for (int i = 0; i < d; i++) {
              out[at + i] = (float) (GATE_DEVIATION * draws.normal((long) row * d + i));
            }
          },
          () -> {});
    }
    items.matrix(prefix + ".down_proj.weight", d, SHARED_WIDTH, (row, out, at) -> {}, () -> {});
    items.matrix(prefix + "_gate.weight", 1, d, (row, out, at) -> {}, () -> {});
  }

  private void linear(String name, LinearPlan linear, IntUnaryOperator order) {
    matrix(name + ".weight", linear.weight(), order);
    linear.bias().ifPresent(bias -> items.vector(name + ".bias", values(bias, order)));
  }

  private void matrix(String name, MatrixPlan matrix, IntUnaryOperator order) {
    items.matrix(name, SourceMatrix.of(checkpoint, matrix, 0, order));
  }

  private float[] values(VectorPlan vector, IntUnaryOperator order) {
    float[] stored = checkpoint.tensor(vector.tensorOf(0), vector.rows().stored()).toFloats();
    float[] values = new float[vector.rows().count()];
    for (int i = 0; i < values.length; i++) {
      values[i] = stored[vector.rows().stored(order.applyAsInt(i))];
    }
    return values;
  }

  private void norm(String name, NormPlan norm) {
    float[] values = checkpoint.tensor(norm.tensor(), norm.width()).toFloats();
    items.vector(name, values);
  }
}
