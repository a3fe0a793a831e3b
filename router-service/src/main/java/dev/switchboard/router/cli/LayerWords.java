package dev.switchboard.router.cli;

import dev.switchboard.model.architecture.Branch;
import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.GatePlan;
import dev.switchboard.model.architecture.LayerPlan;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.architecture.RoutingRule;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;

/** A model's layers in words; those that are described alike come together. */
final class LayerWords {
  private LayerWords() {}

  /** What mixes, and in which layers. */
  static Map<String, List<Integer>> mixers(ModelPlan plan) {
    return grouped(plan, layer -> layer.mixer().map(Branch::block).map(LayerWords::mixer));
  }

  /** What works on each token by itself, and in which layers. */
  static Map<String, List<Integer>> feeds(ModelPlan plan) {
    return grouped(plan, layer -> layer.feed().map(Branch::block).map(LayerWords::feed));
  }

  private static Map<String, List<Integer>> grouped(
      ModelPlan plan, Function<LayerPlan, Optional<String>> words) {
    Map<String, List<Integer>> groups = new LinkedHashMap<>();
    for (int i = 0; i < plan.layers().size(); i++) {
      int layer = i;
      words
          .apply(plan.layers().get(i))
          .ifPresent(text -> groups.computeIfAbsent(text, t -> new ArrayList<>()).add(layer));
    }
    return groups;
  }

  static String mixer(MixerPlan mixer) {
    return switch (mixer) {
      case MixerPlan.Mamba2 mamba ->
          "mamba-2, %d heads of %d, state %d"
              .formatted(mamba.scan().heads(), mamba.scan().headDim(), mamba.scan().stateSize());
      case MixerPlan.Mamba1 mamba ->
          "mamba, %d channels, state %d"
              .formatted(mamba.sizes().inner(), mamba.sizes().stateSize());
      case MixerPlan.Attention attention ->
          "attention, %d heads over %d of %d%s"
              .formatted(
                  attention.heads().query(),
                  attention.heads().keyValue(),
                  attention.heads().dim(),
                  attention.window().isPresent()
                      ? ", window " + attention.window().getAsInt()
                      : "");
      case MixerPlan.LatentAttention latent ->
          "latent attention, %d heads, latent %d"
              .formatted(latent.heads().count(), latent.heads().latentRank());
    };
  }

  private static String feed(FeedPlan feed) {
    return switch (feed) {
      case FeedPlan.Dense dense -> "dense, intermediate " + dense.network().intermediate();
      case FeedPlan.Moe moe ->
          "%d %s of %s%s"
              .formatted(
                  moe.experts(),
                  moe.experts() == 1 ? "expert" : "experts",
                  backbone(moe.expert()),
                  moe.shared()
                      .map(shared -> " + shared " + shared.network().intermediate())
                      .orElse(""));
    };
  }

  static String backbone(ExpertPlan expert) {
    return switch (expert) {
      case ExpertPlan.Ffn ffn -> "ffn, intermediate " + ffn.intermediate();
      case ExpertPlan.Mamba mamba ->
          "mamba, %d heads of %d, state %d"
              .formatted(mamba.heads(), mamba.headDim(), mamba.stateSize());
    };
  }

  static String rule(FeedPlan.Moe moe) {
    if (moe.gate().isEmpty()) {
      return "one expert, always awake";
    }
    RoutingRule rule = moe.gate().get().rule();
    String weights =
        switch (rule.scoring()) {
          case SOFTMAX_OF_CHOSEN -> "softmax of the chosen";
          case SOFTMAX_OF_ALL -> "softmax of all" + (rule.renormalise() ? ", renormalised" : "");
          case SIGMOID -> "sigmoid" + (rule.renormalise() ? ", renormalised" : "");
        };
    String groups =
        rule.groups()
            .map(g -> ", the best %d of %d groups".formatted(g.kept(), g.count()))
            .orElse("");
    String memory = moe.gate().flatMap(GatePlan::decay).isPresent() ? ", the gate remembers" : "";
    return "top %d of %d, %s%s%s".formatted(moe.topK(), moe.experts(), weights, groups, memory);
  }

  /** Indices as short as can be: {@code 0-3, 7}. */
  static String ranges(List<Integer> ascending) {
    StringBuilder text = new StringBuilder();
    int from = 0;
    while (from < ascending.size()) {
      int to = from;
      while (to + 1 < ascending.size() && ascending.get(to + 1) == ascending.get(to) + 1) {
        to++;
      }
      text.append(text.isEmpty() ? "" : ", ").append(ascending.get(from));
      if (to > from) {
        text.append('-').append(ascending.get(to));
      }
      from = to + 1;
    }
    return text.toString();
  }
}
