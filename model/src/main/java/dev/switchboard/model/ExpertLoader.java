package dev.switchboard.model;

import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.FfnPlan;
import dev.switchboard.model.architecture.MatrixPlan;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.FfnExpert;
import dev.switchboard.model.expert.MambaExpert;
import dev.switchboard.model.kernel.ScanShape;
import dev.switchboard.model.layer.Ffn;
import dev.switchboard.model.layer.Mamba2Core;

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
    ScanShape shape = new ScanShape(plan.heads(), plan.headDim(), plan.stateSize(), 1);
    return new MambaExpert(
        core(prefix, shape, rmsNormEps),
        weights.matrix(
            MatrixPlan.of(prefix + "in_proj.weight", plan.projected(), plan.dModel()), 0),
        weights.matrix(MatrixPlan.of(prefix + "out_proj.weight", plan.dModel(), plan.inner()), 0));
  }

  Mamba2Core core(String prefix, ScanShape shape, float eps) {
    return new Mamba2Core(
        shape,
        weights.floats(prefix + "A_log", shape.heads()),
        weights.floats(prefix + "D", shape.heads()),
        weights.floats(prefix + "dt_bias", shape.heads()),
        weights.floats(prefix + "norm.weight", shape.inner()),
        eps);
  }
}
