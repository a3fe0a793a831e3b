package dev.switchboard.model.quantise;

import dev.switchboard.model.architecture.Activation;
import dev.switchboard.model.architecture.Branch;
import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.FfnPlan;
import dev.switchboard.model.architecture.LayerPlan;
import dev.switchboard.model.architecture.LinearPlan;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.architecture.RopePlan;
import dev.switchboard.model.architecture.RopePlan.Scaling;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import java.util.Optional;

/** Refuses what a GGUF family cannot say: it would compute something else in silence. */
final class GgufLimits {
  private static final int GEMMA_PATTERN = 6;

  private final ModelPlan plan;
  private final GgufFamily family;
  private final Checkpoint checkpoint;

  private GgufLimits(ModelPlan plan, GgufFamily family, Checkpoint checkpoint) {
    this.plan = plan;
    this.family = family;
    this.checkpoint = checkpoint;
  }

  /**
   * Looks at all of a plan.
   *
   * @throws CheckpointException naming what has no place in such files, and the layer
   */
  static void check(ModelPlan plan, GgufFamily family, Checkpoint checkpoint) {
    GgufLimits limits = new GgufLimits(plan, family, checkpoint);
    limits.refuseIf(plan.head().bias().isPresent(), "a bias of the head");
    if (!family.isGranite() && family != GgufFamily.GEMMA3) {
      limits.refuseIf(!plan.factors().equals(ModelPlan.Factors.NONE), "multipliers");
    }
    for (int i = 0; i < plan.layers().size(); i++) {
      limits.layer(i, plan.layers().get(i));
    }
  }

  private void layer(int index, LayerPlan layer) {
    boolean mamba = family == GgufFamily.MAMBA;
    String where = " in layer " + index;
    refuseIf(layer.mixer().isEmpty(), "no mixer" + where);
    refuseIf(layer.feed().isEmpty() != mamba, "another form of feed" + where);
    Branch<MixerPlan> mixer = layer.mixer().orElseThrow();
    after(mixer, where);
    switch (mixer.block()) {
      case MixerPlan.Attention attention -> attention(index, attention, where);
      case MixerPlan.Mamba1 mixing -> {
        refuseIf(!mamba || mixing.norms().isPresent(), "Jamba's mixer" + where);
        refuseIf(mixing.decay() != MixerPlan.Decay.LOGARITHMS, "A as it is" + where);
        refuseIf(!mixing.convBias(), "a convolution without bias" + where);
        refuseBias(mixing.in(), where);
        refuseBias(mixing.out(), where);
      }
      case MixerPlan.Mamba2 _ -> refuseIf(true, "a Mamba-2 mixer" + where);
      case MixerPlan.LatentAttention _ -> refuseIf(true, "latent attention" + where);
    }
    layer
        .feed()
        .ifPresent(branch -> {
          after(branch, where);
          feed(branch.block(), where);
        });
  }

  private void after(Branch<?> branch, String where) {
    refuseIf(branch.after().isPresent() != (family == GgufFamily.GEMMA3), "other norms" + where);
    refuseIf(branch.norm().eps() != plan.finalNorm().eps(), "another epsilon" + where);
  }

  private void attention(int index, MixerPlan.Attention attention, String where) {
    refuseIf(family == GgufFamily.MAMBA, "attention" + where);
    refuseIf(attention.norms().isPresent() != family.hasHeadNorms(), "other q/k norms" + where);
    refuseIf(attention.sinks().isPresent(), "sinks" + where);
    refuseIf(attention.clip().isPresent(), "clip_qkv" + where);
    if (!family.mayHaveBiases()) {
      refuseBias(attention.q(), where);
      refuseBias(attention.k(), where);
      refuseBias(attention.v(), where);
    }
    if (family != GgufFamily.LLAMA && !family.isGranite()) {
      refuseBias(attention.out(), where);
    }
    float plain = (float) (1 / Math.sqrt(attention.heads().dim()));
    boolean scaled = Math.abs(attention.scale() - plain) > 1e-6f * plain;
    refuseIf(scaled && !family.isGranite() && !isLargeGemma(attention), "another scale" + where);
    rope(attention.rope(), where);
    if (family == GgufFamily.GEMMA3) {
      boolean full = (index + 1) % GEMMA_PATTERN == 0;
      refuseIf(attention.window().isEmpty() != full, "another pattern of windows" + where);
    }
  }

  /** Gemma 3 27B alone divides by the root of what a head's share of the width is. */
  private boolean isLargeGemma(MixerPlan.Attention attention) {
    float share = (float) (1 / Math.sqrt(plan.dModel() / attention.heads().query()));
    return family == GgufFamily.GEMMA3
        && plan.layers().size() == 62
        && Math.abs(attention.scale() - share) < 1e-6f;
  }

  private void rope(Optional<RopePlan> rope, String where) {
    refuseIf(rope.isEmpty(), "no rope" + where);
    Scaling scaling = rope.orElseThrow().scaling();
    refuseIf(rope.get().interleaved(), "rope of neighbours" + where);
    refuseIf(scaling instanceof Scaling.Dynamic, "dynamic rope" + where);
    refuseIf(scaling instanceof Scaling.LongRope, "longrope" + where);
    refuseIf(
        scaling instanceof Scaling.Llama3 && family != GgufFamily.LLAMA, "llama3 rope" + where);
    if (scaling instanceof Scaling.Yarn yarn) {
      double usual = Scaling.Yarn.magnitude(yarn.factor(), 1);
      refuseIf(Math.abs(yarn.attentionFactor() - usual) > 1e-6, "an attention_factor" + where);
      refuseIf(!yarn.truncate(), "yarn without truncate" + where);
    }
  }

  private void feed(FeedPlan feed, String where) {
    switch (feed) {
      case FeedPlan.Dense(FfnPlan network) -> {
        refuseIf(experts(), "a dense layer among those with experts" + where);
        network(network, where);
      }
      case FeedPlan.Moe moe -> {
        refuseIf(moe.latent().isPresent(), "latent experts" + where);
        if (moe.expert() instanceof ExpertPlan.Ffn(FfnPlan network)) {
          network(network, where);
        } else {
          refuseIf(true, "experts that are no networks" + where);
        }
        refuseIf(moe.gate().isEmpty() && experts(), "a dense layer among others" + where);
        gate(moe, where);
      }
    }
  }

  private void gate(FeedPlan.Moe moe, String where) {
    boolean shared = moe.shared().isPresent();
    refuseIf(shared != (family == GgufFamily.QWEN2MOE), "another shared network" + where);
    moe.shared()
        .ifPresent(network -> {
          refuseIf(network.gate().isEmpty(), "a shared network without gate" + where);
          network(network.network(), where);
        });
    moe.gate()
        .ifPresent(gate -> {
          refuseBias(gate.weight(), where);
          refuseIf(gate.decay().isPresent(), "a gate that remembers" + where);
          refuseIf(gate.correctionBias().isPresent(), "a correction of the choice" + where);
          refuseIf(gate.rule().groups().isPresent(), "groups of experts" + where);
          refuseIf(gate.rule().scale() != 1, "a scale of the weights" + where);
          boolean sums =
              gate.rule().scoring() == Scoring.SOFTMAX_OF_CHOSEN || gate.rule().renormalise();
          refuseIf(gate.rule().scoring() == Scoring.SIGMOID, "sigmoid scores" + where);
          refuseIf(sums != family.renormalises(), "norm_topk_prob that is " + sums + where);
        });
  }

  private boolean experts() {
    return plan.layers().stream()
        .flatMap(layer -> layer.moe().stream())
        .anyMatch(moe -> moe.gate().isPresent());
  }

  private void network(FfnPlan network, String where) {
    refuseIf(network.gate().isEmpty(), "a network without gate" + where);
    boolean gelu = family == GgufFamily.GEMMA3;
    Activation usual = gelu ? new Activation.GeluTanh() : new Activation.Silu();
    refuseIf(!network.activation().equals(usual), "another activation" + where);
    if (family != GgufFamily.LLAMA && family != GgufFamily.GRANITE || experts()) {
      network.gate().ifPresent(gate -> refuseBias(gate, where));
      refuseBias(network.up(), where);
      refuseBias(network.down(), where);
    }
  }

  private void refuseBias(LinearPlan linear, String where) {
    refuseIf(linear.bias().isPresent(), "a bias of " + linear.weight().tensor() + where);
  }

  private void refuseIf(boolean present, String what) {
    if (present) {
      throw CheckpointException.in(
          checkpoint.path(), "GGUF's family %s cannot say: %s", family.label(), what);
    }
  }
}
