package dev.switchboard.model;

import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.MixerPlan.Decay;
import dev.switchboard.model.architecture.MixerPlan.Scan;
import dev.switchboard.model.kernel.ScanShape;
import dev.switchboard.model.layer.CausalConvolution;
import dev.switchboard.model.layer.Mamba1Mixer;
import dev.switchboard.model.layer.Mamba2Core;
import dev.switchboard.model.layer.Mamba2Mixer;

/** Builds recurrent mixers from a checkpoint. */
record MambaLoader(Weights weights) {
  Mamba2Mixer mamba2(MixerPlan.Mamba2 plan) {
    return new Mamba2Mixer(
        core(plan.prefix(), plan.decay(), plan.scan()),
        weights.linear(plan.in(), 0),
        convolution(plan.prefix(), plan.channels(), plan.convKernel(), plan.convBias()),
        weights.linear(plan.out(), 0));
  }

  Mamba1Mixer mamba1(MixerPlan.Mamba1 plan) {
    MixerPlan.Selective sizes = plan.sizes();
    int inner = sizes.inner();
    return new Mamba1Mixer(
        new Mamba1Mixer.Projections(
            weights.linear(plan.in(), 0),
            weights.linear(plan.steps(), 0),
            weights.linear(plan.stepProjection(), 0),
            weights.linear(plan.out(), 0)),
        convolution(plan.prefix(), inner, sizes.convKernel(), plan.convBias()),
        rates(plan.prefix(), plan.decay(), inner, sizes.stateSize()),
        weights.floats(plan.prefix() + "D", inner),
        plan.norms()
            .map(norms ->
                new Mamba1Mixer.Norms(
                    weights.norm(norms.dt()), weights.norm(norms.b()), weights.norm(norms.c()))));
  }

  /** Tensors under a prefix that ends with a dot. */
  Mamba2Core core(String prefix, Decay decay, Scan scan) {
    return new Mamba2Core(
        new ScanShape(scan.heads(), scan.headDim(), scan.stateSize(), scan.groups()),
        rates(prefix, decay, scan.heads()),
        weights.floats(prefix + "D", scan.heads()),
        new Mamba2Core.Steps(
            weights.floats(prefix + "dt_bias", scan.heads()), scan.stepMin(), scan.stepMax()),
        weights.floats(prefix + "norm.weight", scan.inner()),
        scan.normEps());
  }

  private float[] rates(String prefix, Decay decay, long... shape) {
    float[] values = weights.floats(prefix + decay.tensor(), shape);
    return switch (decay) {
      case LOGARITHMS -> Mamba2Core.rates(values);
      case VALUES -> values;
    };
  }

  private CausalConvolution convolution(String prefix, int channels, int kernel, boolean bias) {
    return new CausalConvolution(
        weights.floats(prefix + "conv1d.weight", channels, 1, kernel),
        bias ? weights.floats(prefix + "conv1d.bias", channels) : new float[channels]);
  }
}
