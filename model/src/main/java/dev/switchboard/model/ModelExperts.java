package dev.switchboard.model;

import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.FfnPlan;
import dev.switchboard.model.architecture.LatentPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.architecture.PlanTensors;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.expert.MambaExpertState;
import dev.switchboard.model.packcache.PackStore;
import java.util.stream.IntStream;

/** The experts of a model, and its mixers that are placed as experts: what they are, from where. */
record ModelExperts(ModelPlan plan, Checkpoint checkpoint) {
  /** A layer that has experts. */
  ExpertLayer layer(int layer) {
    FeedPlan.Moe moe = moe(layer);
    return new ExpertLayer(
        layer,
        moe.experts(),
        moe.topK(),
        moe.latent().map(LatentPlan::width).orElse(plan.dModel()),
        moe.expert() instanceof ExpertPlan.Mamba mamba
            ? MambaExpertState.binaryBytes(mamba.heads(), mamba.headDim(), mamba.stateSize())
            : 0,
        activationBlock(moe),
        moe.expert().multiplyAddsPerRow());
  }

  /** Bytes of the file that loading an expert, or a placed mixer, reads: its matrices'. */
  long bytes(int layer, int index) {
    MatrixReader reader = new MatrixReader(checkpoint, PackStore.IN_MEMORY);
    Mixers mixers = new Mixers(plan);
    if (mixers.has(layer)) {
      return mixers.products(layer).stream()
          .mapToLong(product -> reader.bytes(product.weight(), 0))
          .sum();
    }
    FeedPlan.Moe moe = moe(layer);
    return switch (moe.expert()) {
      case ExpertPlan.Ffn(FfnPlan network) ->
          network.gate().map(gate -> reader.bytes(gate.weight(), index)).orElse(0L)
              + reader.bytes(network.up().weight(), index)
              + reader.bytes(network.down().weight(), index);
      case ExpertPlan.Mamba mamba ->
          PlanTensors.ofExpert(moe, index).stream()
              .mapToLong(wanted -> checkpoint.find(wanted.name()).orElseThrow().byteSize())
              .sum();
    };
  }

  /** What all experts of a layer agree on; 0 if they do not. */
  private int activationBlock(FeedPlan.Moe moe) {
    if (!(moe.expert() instanceof ExpertPlan.Ffn ffn)) {
      return 0;
    }
    Weights weights = new Weights(checkpoint, PackStore.IN_MEMORY);
    int[] blocks =
        IntStream.range(0, moe.experts())
            .map(expert -> weights.activationBlock(ffn.network(), expert))
            .distinct()
            .toArray();
    return blocks.length == 1 ? blocks[0] : 0;
  }

  /**
   * Loads one expert, anew at every call.
   *
   * @throws IllegalArgumentException if there is no such layer or expert
   */
  Expert load(int layer, int index, Weights weights) {
    Mixers mixers = new Mixers(plan);
    if (mixers.has(layer) && index == 0) {
      return mixers.load(layer, weights, bytes(layer, index));
    }
    FeedPlan.Moe moe = moe(layer);
    if (index < 0 || index >= moe.experts()) {
      throw new IllegalArgumentException(
          "expert " + index + " of layer " + layer + "; it has " + moe.experts());
    }
    return new ExpertLoader(weights, plan.finalNorm().eps()).expert(moe.expert(), index);
  }

  /**
   * @throws IllegalArgumentException if the layer has no experts
   */
  FeedPlan.Moe moe(int layer) {
    if (layer >= 0 && layer < plan.layers().size() && plan.layers().get(layer).moe().isPresent()) {
      return plan.layers().get(layer).moe().get();
    }
    throw new IllegalArgumentException(
        "layer " + layer + " has no experts; layers that have: " + plan.moeLayers());
  }
}
