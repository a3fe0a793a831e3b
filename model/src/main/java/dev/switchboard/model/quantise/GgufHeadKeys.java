package dev.switchboard.model.quantise;

import com.fasterxml.jackson.databind.JsonNode;
import dev.switchboard.model.architecture.Branch;
import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.LayerPlan;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.architecture.RopePlan;
import dev.switchboard.model.architecture.RopePlan.Scaling;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.GgufMetadataBuilder;
import java.util.OptionalInt;
import java.util.stream.Stream;

/** What a GGUF file says of a model's sizes and rules. */
final class GgufHeadKeys {
  /** Where a family bounds nothing. */
  private static final int ENDLESS = 1 << 20;

  private final GgufMetadataBuilder keys;
  private final ModelPlan plan;
  private final GgufFamily family;
  private final JsonNode config;

  private GgufHeadKeys(
      GgufMetadataBuilder keys, ModelPlan plan, GgufFamily family, JsonNode config) {
    this.keys = keys;
    this.plan = plan;
    this.family = family;
    this.config = config;
  }

  /**
   * Adds the keys.
   *
   * @param plan has passed {@link GgufLimits}
   */
  static void add(
      GgufMetadataBuilder keys, ModelPlan plan, GgufFamily family, Checkpoint checkpoint) {
    JsonNode config = checkpoint.config();
    JsonNode text = config.has("text_config") ? config.get("text_config") : config;
    new GgufHeadKeys(keys, plan, family, text).add();
  }

  private void add() {
    keys.text("general.architecture", family.label())
        .text("general.type", "model")
        .text("general.name", plan.name());
    u32("block_count", plan.layers().size());
    u32("context_length", context());
    u32("embedding_length", plan.dModel());
    u32("vocab_size", plan.vocabulary());
    keys.f32(key("attention.layer_norm_rms_epsilon"), plan.finalNorm().eps());
    LayerPlan last = plan.layers().getLast();
    switch (last.mixer().map(Branch::block).orElseThrow()) {
      case MixerPlan.Attention attention -> attention(attention);
      case MixerPlan.Mamba1 mamba -> mamba(mamba);
      case MixerPlan.Mamba2 _, MixerPlan.LatentAttention _ ->
          throw new IllegalStateException("no such mixer in " + family);
    }
    last.feed().map(Branch::block).ifPresent(this::feed);
    if (family.isGranite()) {
      keys.f32(key("embedding_scale"), plan.factors().embedding());
      keys.f32(key("residual_scale"), plan.factors().residual());
      keys.f32(key("logit_scale"), config.path("logits_scaling").asDouble(1));
    }
  }

  /** Within a window's length nothing lies outside it; longer texts such a file does not allow. */
  private int context() {
    int declared = config.path("max_position_embeddings").asInt(ENDLESS);
    if (family == GgufFamily.GEMMA3) {
      return declared;
    }
    return attentions(true)
        .map(MixerPlan.Attention::window)
        .flatMapToInt(OptionalInt::stream)
        .reduce(declared, Math::min);
  }

  private void attention(MixerPlan.Attention attention) {
    u32("attention.head_count", attention.heads().query());
    u32("attention.head_count_kv", attention.heads().keyValue());
    u32("attention.key_length", attention.heads().dim());
    u32("attention.value_length", attention.heads().dim());
    if (family.isGranite()) {
      keys.f32(key("attention.scale"), attention.scale());
    }
    attentions(true).map(layer -> layer.rope().orElseThrow()).findFirst().ifPresent(this::rope);
    if (family == GgufFamily.GEMMA3) {
      attentions(false)
          .findFirst()
          .ifPresent(sliding -> {
            u32("attention.sliding_window", sliding.window().orElseThrow());
            keys.f32(key("rope.freq_base_swa"), sliding.rope().orElseThrow().theta());
          });
    }
  }

  /** Layers with attention; in families with two kinds of them, of one kind. */
  private Stream<MixerPlan.Attention> attentions(boolean full) {
    return plan.layers().stream()
        .flatMap(layer -> layer.mixer().stream())
        .map(Branch::block)
        .filter(MixerPlan.Attention.class::isInstance)
        .map(MixerPlan.Attention.class::cast)
        .filter(layer -> family != GgufFamily.GEMMA3 || layer.window().isEmpty() == full);
  }

  private void rope(RopePlan rope) {
    u32("rope.dimension_count", rope.dims());
    keys.f32(key("rope.freq_base"), rope.theta());
    switch (rope.scaling()) {
      case Scaling.Linear(double factor) -> {
        keys.text(key("rope.scaling.type"), "linear");
        keys.f32(key("rope.scaling.factor"), factor);
      }
      case Scaling.Yarn yarn -> {
        keys.text(key("rope.scaling.type"), "yarn");
        keys.f32(key("rope.scaling.factor"), yarn.factor());
        u32("rope.scaling.original_context_length", yarn.originalLength());
        keys.f32(key("rope.scaling.yarn_beta_fast"), yarn.betaFast());
        keys.f32(key("rope.scaling.yarn_beta_slow"), yarn.betaSlow());
      }
      // Llama 3's factors are a tensor; the others do not get here.
      case Scaling.Default _, Scaling.Llama3 _, Scaling.Dynamic _, Scaling.LongRope _ -> {}
    }
  }

  private void feed(FeedPlan feed) {
    switch (feed) {
      case FeedPlan.Dense dense -> u32("feed_forward_length", dense.network().intermediate());
      case FeedPlan.Moe moe -> {
        int width = ((ExpertPlan.Ffn) moe.expert()).intermediate();
        u32("feed_forward_length", config.path("intermediate_size").asInt(width));
        if (moe.gate().isEmpty()) {
          return;
        }
        u32("expert_count", moe.experts());
        u32("expert_used_count", moe.topK());
        if (family == GgufFamily.QWEN2MOE || family == GgufFamily.QWEN3MOE) {
          u32("expert_feed_forward_length", width);
        }
        moe.shared()
            .ifPresent(shared ->
                u32("expert_shared_feed_forward_length", shared.network().intermediate()));
      }
    }
  }

  /** Such files name heads and a feed even where there are none. */
  private void mamba(MixerPlan.Mamba1 mamba) {
    u32("feed_forward_length", 0);
    u32("attention.head_count", 0);
    u32("ssm.conv_kernel", mamba.sizes().convKernel());
    u32("ssm.inner_size", mamba.sizes().inner());
    u32("ssm.state_size", mamba.sizes().stateSize());
    u32("ssm.time_step_rank", mamba.sizes().stepRank());
    keys.flag(key("ssm.dt_b_c_rms"), false);
  }

  private void u32(String name, int value) {
    keys.u32(key(name), value);
  }

  private String key(String name) {
    return family.label() + "." + name;
  }
}
