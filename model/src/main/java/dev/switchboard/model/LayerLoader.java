package dev.switchboard.model;

import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.LayerPlan;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.architecture.SharedPlan;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.FfnExpert;
import dev.switchboard.model.expert.MambaExpert;
import dev.switchboard.model.kernel.ScanShape;
import dev.switchboard.model.layer.Mamba2Core;
import dev.switchboard.model.layer.Mamba2Mixer;
import dev.switchboard.model.layer.Mixer;
import dev.switchboard.model.layer.RmsNorm;
import dev.switchboard.model.layer.SwiGluFfn;
import dev.switchboard.model.moe.Gate;
import java.util.Optional;
import java.util.OptionalDouble;

/** Builds a plan's layers from a checkpoint. */
record LayerLoader(ModelPlan plan, Weights weights) {
  TrunkLayer layer(int index) {
    LayerPlan layer = plan.layers().get(index);
    Mixer mixer =
        switch (layer.mixer()) {
          case MixerPlan.Mamba2 mamba -> mixer(mamba);
        };
    return switch (layer.feed()) {
      case FeedPlan.Moe moe ->
          new TrunkLayer(
              index,
              norm(layer.mixerNormTensor()),
              mixer,
              norm(layer.feedNormTensor()),
              gate(moe),
              moe.shared().map(this::shared));
    };
  }

  RmsNorm norm(String name) {
    return new RmsNorm(weights.floats(name, plan.dModel()), plan.rmsNormEps());
  }

  Expert expert(ExpertPlan expert, int index) {
    String prefix = expert.prefix(index);
    return switch (expert) {
      case ExpertPlan.Ffn ffn -> new FfnExpert(ffn(prefix, ffn.intermediate()));
      case ExpertPlan.Mamba mamba -> {
        ScanShape shape = new ScanShape(mamba.heads(), mamba.headDim(), mamba.stateSize(), 1);
        int projected = 2 * shape.inner() + 2 * shape.groupWidth() + shape.heads();
        yield new MambaExpert(
            core(prefix, shape),
            weights.matrix(prefix + "in_proj.weight", projected, plan.dModel()),
            weights.matrix(prefix + "out_proj.weight", plan.dModel(), shape.inner()));
      }
    };
  }

  private Mixer mixer(MixerPlan.Mamba2 mamba) {
    ScanShape shape =
        new ScanShape(mamba.heads(), mamba.headDim(), mamba.stateSize(), mamba.groups());
    int channels = shape.inner() + 2 * shape.groupWidth();
    String prefix = mamba.prefix();
    return new Mamba2Mixer(
        core(prefix, shape),
        weights.matrix(
            prefix + "in_proj.weight", shape.inner() + channels + shape.heads(), plan.dModel()),
        weights.floats(prefix + "conv1d.weight", channels, 1, mamba.convKernel()),
        weights.floats(prefix + "conv1d.bias", channels),
        weights.matrix(prefix + "out_proj.weight", plan.dModel(), shape.inner()));
  }

  private Mamba2Core core(String prefix, ScanShape shape) {
    return new Mamba2Core(
        shape,
        weights.floats(prefix + "A_log", shape.heads()),
        weights.floats(prefix + "D", shape.heads()),
        weights.floats(prefix + "dt_bias", shape.heads()),
        weights.floats(prefix + "norm.weight", shape.inner()),
        plan.rmsNormEps());
  }

  private Gate gate(FeedPlan.Moe moe) {
    Optional<String> decay = moe.gateDecayTensor();
    return new Gate(
        weights.matrix(moe.gateTensor(), moe.experts(), plan.dModel()),
        decay.isEmpty()
            ? OptionalDouble.empty()
            : OptionalDouble.of(weights.floats(decay.get(), 1)[0]),
        moe.rule());
  }

  private SwiGluFfn shared(SharedPlan shared) {
    return ffn(shared.prefix(), shared.intermediate());
  }

  private SwiGluFfn ffn(String prefix, int intermediate) {
    return new SwiGluFfn(
        weights.stacked(
            prefix + "gate_proj.weight", prefix + "up_proj.weight", intermediate, plan.dModel()),
        weights.matrix(prefix + "down_proj.weight", plan.dModel(), intermediate));
  }
}
