package dev.switchboard.model;

import dev.switchboard.model.architecture.LayerPlan;
import dev.switchboard.model.architecture.LinearPlan;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.expert.MixerExpert;
import dev.switchboard.model.expert.MixerExpertState;
import dev.switchboard.model.kernel.ScanShape;
import dev.switchboard.model.kernel.SelectiveShape;
import java.util.List;
import java.util.stream.IntStream;

/**
 * A model's recurrent mixers as experts of one. The mixer of layer i is known as the expert of
 * "layer" {@code layers + i}: a number that no layer with experts has.
 */
record Mixers(ModelPlan plan) {
  /** All recurrent mixers, ascending. */
  List<ExpertLayer> layers() {
    int layers = plan.layers().size();
    return IntStream.range(0, layers)
        .filter(i -> recurrent(i))
        .mapToObj(i -> layer(layers + i, mixer(i)))
        .toList();
  }

  private ExpertLayer layer(int number, MixerPlan mixer) {
    return new ExpertLayer(
        number,
        1,
        1,
        plan.dModel(),
        MixerExpertState.binaryBytes(Float.BYTES * stateFloats(mixer)),
        0,
        multiplyAdds(mixer));
  }

  /** Whether the number is that of a recurrent mixer. */
  boolean has(int expertLayer) {
    int layer = expertLayer - plan.layers().size();
    return layer >= 0 && layer < plan.layers().size() && recurrent(layer);
  }

  /** Loads one. */
  MixerExpert load(int expertLayer, Weights weights, long weightBytes) {
    MixerPlan mixer = mixer(expertLayer - plan.layers().size());
    MambaLoader loader = new MambaLoader(weights);
    return new MixerExpert(
        switch (mixer) {
          case MixerPlan.Mamba1 mamba -> loader.mamba1(mamba);
          case MixerPlan.Mamba2 mamba -> loader.mamba2(mamba);
          case MixerPlan.Attention _, MixerPlan.LatentAttention _ ->
              throw new IllegalArgumentException(mixer + " is not recurrent");
        },
        plan.dModel(),
        multiplyAdds(mixer),
        weightBytes);
  }

  /** The products of a mixer that is known as an expert's layer. */
  List<LinearPlan> products(int expertLayer) {
    return products(mixer(expertLayer - plan.layers().size()));
  }

  private static List<LinearPlan> products(MixerPlan mixer) {
    return switch (mixer) {
      case MixerPlan.Mamba1 mamba ->
          List.of(mamba.in(), mamba.steps(), mamba.stepProjection(), mamba.out());
      case MixerPlan.Mamba2 mamba -> List.of(mamba.in(), mamba.out());
      case MixerPlan.Attention _, MixerPlan.LatentAttention _ -> List.of();
    };
  }

  private boolean recurrent(int layer) {
    return plan.layers()
        .get(layer)
        .mixer()
        .map(branch -> isRecurrent(branch.block()))
        .orElse(false);
  }

  static boolean isRecurrent(MixerPlan mixer) {
    return switch (mixer) {
      case MixerPlan.Mamba1 _, MixerPlan.Mamba2 _ -> true;
      case MixerPlan.Attention _, MixerPlan.LatentAttention _ -> false;
    };
  }

  private MixerPlan mixer(int layer) {
    LayerPlan found = plan.layers().get(layer);
    return found
        .mixer()
        .orElseThrow(() -> new IllegalArgumentException("layer " + layer + " has no mixer"))
        .block();
  }

  private static long multiplyAdds(MixerPlan mixer) {
    return products(mixer).stream().mapToLong(product -> product.weight().elements()).sum()
        + 2 * recurrentFloats(mixer);
  }

  /** As the kernels keep it. */
  private static long recurrentFloats(MixerPlan mixer) {
    return switch (mixer) {
      case MixerPlan.Mamba1 mamba ->
          new SelectiveShape(mamba.sizes().inner(), mamba.sizes().stateSize()).stateFloats();
      case MixerPlan.Mamba2 mamba ->
          new ScanShape(
                  mamba.scan().heads(),
                  mamba.scan().headDim(),
                  mamba.scan().stateSize(),
                  mamba.scan().groups())
              .stateFloats();
      case MixerPlan.Attention _, MixerPlan.LatentAttention _ -> 0;
    };
  }

  private static long stateFloats(MixerPlan mixer) {
    long convolution =
        switch (mixer) {
          case MixerPlan.Mamba1 mamba ->
              (long) mamba.sizes().inner() * (mamba.sizes().convKernel() - 1);
          case MixerPlan.Mamba2 mamba -> (long) mamba.channels() * (mamba.convKernel() - 1);
          case MixerPlan.Attention _, MixerPlan.LatentAttention _ -> 0;
        };
    return convolution + recurrentFloats(mixer);
  }
}
