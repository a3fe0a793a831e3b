package dev.switchboard.model.quantise;

import dev.switchboard.model.architecture.Branch;
import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.FfnPlan;
import dev.switchboard.model.architecture.LayerPlan;
import dev.switchboard.model.architecture.LinearPlan;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.architecture.RopePlan;
import dev.switchboard.model.architecture.SharedPlan;
import dev.switchboard.model.checkpoint.Checkpoint;
import java.util.List;
import java.util.function.IntUnaryOperator;

/** A model's tensors as llama.cpp names, orders and stores them. */
final class GgufTensors {
  private final ModelPlan plan;
  private final GgufFamily family;
  private final PlanRows rows;

  private GgufTensors(ModelPlan plan, GgufFamily family, PlanRows rows) {
    this.plan = plan;
    this.family = family;
    this.rows = rows;
  }

  /**
   * All tensors of the file.
   *
   * @param plan has passed {@link GgufLimits}
   */
  static List<Draft> of(ModelPlan plan, GgufFamily family, Checkpoint checkpoint) {
    GgufTensors tensors = new GgufTensors(plan, family, new PlanRows(checkpoint));
    tensors.write();
    return tensors.rows.drafts();
  }

  private void write() {
    rows.matrix("token_embd.weight", plan.embedding());
    rows.norm("output_norm.weight", plan.finalNorm());
    if (!plan.head().weight().tensor().equals(plan.embedding().tensor())) {
      rows.matrix("output.weight", plan.head().weight());
    }
    ropeFactors();
    for (int i = 0; i < plan.layers().size(); i++) {
      layer("blk." + i + ".", plan.layers().get(i));
    }
  }

  private void layer(String prefix, LayerPlan layer) {
    layer
        .mixer()
        .ifPresent(branch -> {
          rows.norm(prefix + "attn_norm.weight", branch.norm());
          branch.after().ifPresent(norm -> rows.norm(prefix + "post_attention_norm.weight", norm));
          mixer(prefix, branch.block());
        });
    layer.feed().ifPresent(branch -> feed(prefix, branch));
  }

  private void mixer(String prefix, MixerPlan mixer) {
    switch (mixer) {
      case MixerPlan.Attention attention -> attention(prefix, attention);
      case MixerPlan.Mamba1 mamba -> mamba(prefix, mamba);
      case MixerPlan.Mamba2 _, MixerPlan.LatentAttention _ ->
          throw new IllegalStateException("no such mixer in " + family);
    }
  }

  private void attention(String prefix, MixerPlan.Attention attention) {
    IntUnaryOperator order =
        family.turnsNeighbours() ? neighbours(attention.heads().dim()) : PlanRows.AS_IT_IS;
    linear(prefix + "attn_q", attention.q(), order);
    linear(prefix + "attn_k", attention.k(), order);
    linear(prefix + "attn_v", attention.v(), PlanRows.AS_IT_IS);
    linear(prefix + "attn_output", attention.out(), PlanRows.AS_IT_IS);
    attention
        .norms()
        .ifPresent(norms -> {
          rows.norm(prefix + "attn_q_norm.weight", norms.q());
          rows.norm(prefix + "attn_k_norm.weight", norms.k());
        });
  }

  /** Value 2 i + s of a head was value i + s * dim / 2, so that pairs become neighbours. */
  static IntUnaryOperator neighbours(int dim) {
    return row -> {
      int inHead = row % dim;
      return row - inHead + inHead / 2 + inHead % 2 * (dim / 2);
    };
  }

  private void linear(String name, LinearPlan linear, IntUnaryOperator order) {
    rows.matrix(name + ".weight", linear.weight(), order);
    linear.bias().ifPresent(bias -> rows.vector(name + ".bias", bias, order));
  }

  private void feed(String prefix, Branch<FeedPlan> branch) {
    rows.norm(prefix + "ffn_norm.weight", branch.norm());
    branch.after().ifPresent(norm -> rows.norm(prefix + "post_ffw_norm.weight", norm));
    switch (branch.block()) {
      case FeedPlan.Dense dense -> network(prefix + "ffn_%s", dense.network());
      case FeedPlan.Moe moe -> moe(prefix, moe);
    }
  }

  private void moe(String prefix, FeedPlan.Moe moe) {
    FfnPlan network = ((ExpertPlan.Ffn) moe.expert()).network();
    if (moe.gate().isEmpty()) {
      network(prefix + "ffn_%s", network);
      return;
    }
    rows.matrix(prefix + "ffn_gate_inp.weight", moe.gate().get().weight().weight());
    rows.experts(
        prefix + "ffn_gate_exps.weight", network.gate().orElseThrow().weight(), moe.experts());
    rows.experts(prefix + "ffn_down_exps.weight", network.down().weight(), moe.experts());
    rows.experts(prefix + "ffn_up_exps.weight", network.up().weight(), moe.experts());
    moe.shared().ifPresent(shared -> shared(prefix, shared));
  }

  private void shared(String prefix, SharedPlan shared) {
    LinearPlan gate = shared.gate().orElseThrow();
    rows.small(
        prefix + "ffn_gate_inp_shexp.weight", gate.weight().tensor(), gate.weight().columns());
    network(prefix + "ffn_%s_shexp", shared.network());
  }

  private void network(String pattern, FfnPlan network) {
    linear(pattern.formatted("gate"), network.gate().orElseThrow(), PlanRows.AS_IT_IS);
    linear(pattern.formatted("down"), network.down(), PlanRows.AS_IT_IS);
    linear(pattern.formatted("up"), network.up(), PlanRows.AS_IT_IS);
  }

  private void mamba(String prefix, MixerPlan.Mamba1 mamba) {
    int inner = mamba.sizes().inner();
    String from = mamba.prefix();
    linear(prefix + "ssm_in", mamba.in(), PlanRows.AS_IT_IS);
    rows.small(
        prefix + "ssm_conv1d.weight", from + "conv1d.weight", inner, mamba.sizes().convKernel());
    rows.small(prefix + "ssm_conv1d.bias", from + "conv1d.bias", inner);
    linear(prefix + "ssm_x", mamba.steps(), PlanRows.AS_IT_IS);
    linear(prefix + "ssm_dt", mamba.stepProjection(), PlanRows.AS_IT_IS);
    rows.decay(prefix + "ssm_a", from + "A_log", inner, mamba.sizes().stateSize());
    rows.small(prefix + "ssm_d", from + "D", inner);
    linear(prefix + "ssm_out", mamba.out(), PlanRows.AS_IT_IS);
  }

  /** Llama 3 divides each frequency by a number of its own, which such files hold as a tensor. */
  private void ropeFactors() {
    plan.layers().stream()
        .flatMap(layer -> layer.mixer().stream())
        .map(Branch::block)
        .filter(MixerPlan.Attention.class::isInstance)
        .flatMap(mixer -> ((MixerPlan.Attention) mixer).rope().stream())
        .filter(rope -> rope.scaling() instanceof RopePlan.Scaling.Llama3)
        .findFirst()
        .ifPresent(rope -> {
          float[] factors = llama3((RopePlan.Scaling.Llama3) rope.scaling(), rope);
          rows.values("rope_freqs.weight", factors, factors.length);
        });
  }

  private static float[] llama3(RopePlan.Scaling.Llama3 scaling, RopePlan rope) {
    float[] factors = new float[rope.dims() / 2];
    for (int i = 0; i < factors.length; i++) {
      double length = 2 * Math.PI * StrictMath.pow(rope.theta(), 2.0 * i / rope.dims());
      double turns = scaling.originalLength() / length;
      double smooth =
          (turns - scaling.lowFrequency()) / (scaling.highFrequency() - scaling.lowFrequency());
      double kept = Math.clamp(smooth, 0.0, 1.0);
      factors[i] = (float) (1 / ((1 - kept) / scaling.factor() + kept));
    }
    return factors;
  }
}
