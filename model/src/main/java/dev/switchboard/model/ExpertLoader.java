package dev.switchboard.model;

import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.FfnPlan;
import dev.switchboard.model.architecture.MatrixPlan;
import dev.switchboard.model.architecture.MixerPlan.Decay;
import dev.switchboard.model.architecture.MixerPlan.Scan;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.FfnExpert;
import dev.switchboard.model.expert.MambaExpert;
import dev.switchboard.model.layer.Ffn;

/** Builds experts from a checkpoint. */
record ExpertLoader(Weights weights, float rmsNormEps) {
  Expert expert(ExpertPlan plan, int index) {
    return switch (plan) {
      case ExpertPlan.Ffn ffn -> new FfnExpert(ffn(ffn.network(), index));
      case ExpertPlan.Mamba mamba -> mamba(mamba, mamba.prefix(index));
    };
  }

  Ffn ffn(FfnPlan plan, int index) {
    return new Ffn(
        plan.gate().map(gate -> weights.linear(gate, index)),
        weights.linear(plan.up(), index),
        weights.linear(plan.down(), index),
        plan.activation());
  }

  private MambaExpert mamba(ExpertPlan.Mamba plan, String prefix) {
    Scan scan =
        new Scan(
            plan.heads(),
            plan.headDim(),
            plan.stateSize(),
            1,
            rmsNormEps,
            0f,
            Float.POSITIVE_INFINITY);
    return new MambaExpert(
        new MambaLoader(weights).core(prefix, Decay.LOGARITHMS, scan),
        weights.matrix(
            MatrixPlan.of(prefix + "in_proj.weight", plan.projected(), plan.dModel()), 0),
        weights.matrix(MatrixPlan.of(prefix + "out_proj.weight", plan.dModel(), plan.inner()), 0));
  }
}
