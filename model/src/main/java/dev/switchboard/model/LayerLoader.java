package dev.switchboard.model;

import dev.switchboard.model.TrunkLayer.Feed;
import dev.switchboard.model.TrunkLayer.Latent;
import dev.switchboard.model.TrunkLayer.Shared;
import dev.switchboard.model.TrunkLayer.TrunkBranch;
import dev.switchboard.model.architecture.Branch;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.LayerPlan;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.layer.Mixer;
import dev.switchboard.model.layer.PlacedMixer;
import java.util.function.Function;

/** Builds a plan's layers, but their experts, from a checkpoint. */
record LayerLoader(
    ModelPlan plan,
    boolean mixersPlaced,
    Weights weights,
    ExpertLoader networks,
    AttentionLoader attention) {
  /**
   * @param mixersPlaced whether recurrent mixers are elsewhere
   */
  static LayerLoader of(ModelPlan plan, boolean mixersPlaced, Weights weights) {
    return new LayerLoader(
        plan,
        mixersPlaced,
        weights,
        new ExpertLoader(weights, plan.finalNorm().eps()),
        AttentionLoader.of(weights));
  }

  TrunkLayer layer(int index) {
    LayerPlan layer = plan.layers().get(index);
    return new TrunkLayer(
        index,
        layer.mixer().map(branch -> branch(branch, mixer -> mixer(index, mixer))),
        layer.feed().map(branch -> branch(branch, this::feed)));
  }

  private <P, T> TrunkBranch<T> branch(Branch<P> branch, Function<P, T> block) {
    return new TrunkBranch<>(
        weights.norm(branch.norm()),
        block.apply(branch.block()),
        branch.after().map(weights::norm));
  }

  private Mixer mixer(int layer, MixerPlan mixer) {
    if (mixersPlaced && Mixers.isRecurrent(mixer)) {
      return new PlacedMixer(plan.layers().size() + layer);
    }
    return switch (mixer) {
      case MixerPlan.Mamba2 mamba -> new MambaLoader(weights).mamba2(mamba);
      case MixerPlan.Mamba1 mamba -> new MambaLoader(weights).mamba1(mamba);
      case MixerPlan.Attention plan -> attention.attention(layer, plan);
      case MixerPlan.LatentAttention plan -> attention.latent(layer, plan);
    };
  }

  private Feed feed(FeedPlan feed) {
    return switch (feed) {
      case FeedPlan.Dense dense -> new TrunkLayer.Dense(networks.ffn(dense.network(), 0));
      case FeedPlan.Moe moe ->
          new TrunkLayer.Moe(
              moe.gate().map(new GateLoader(weights)::gate),
              moe.latent().map(latent -> latent.width()).orElse(plan.dModel()),
              moe.shared()
                  .map(shared ->
                      new Shared(
                          networks.ffn(shared.network(), 0),
                          shared.gate().map(gate -> weights.linear(gate, 0)))),
              moe.latent()
                  .map(latent ->
                      new Latent(
                          weights.linear(latent.down(), 0), weights.linear(latent.up(), 0))));
    };
  }
}
