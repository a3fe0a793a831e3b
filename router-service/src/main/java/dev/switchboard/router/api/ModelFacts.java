package dev.switchboard.router.api;

import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.ModelPlan;
import dev.switchboard.model.kernel.Kernels;
import dev.switchboard.proto.v1.ModelDescription;
import java.util.List;
import java.util.stream.IntStream;

/**
 * What is told about a model.
 *
 * @param moeLayers indices of the layers that have experts
 * @param experts most experts that a layer has
 * @param topK experts awake a token and layer
 * @param backbone of the experts, {@code ffn} or {@code mamba}
 */
public record ModelFacts(
    ModelPlan plan,
    String fingerprint,
    List<Integer> moeLayers,
    int experts,
    int topK,
    String backbone,
    List<String> expertNames) {

  public static ModelFacts of(Model model) {
    List<FeedPlan.Moe> moes =
        model.plan().layers().stream().flatMap(layer -> layer.moe().stream()).toList();
    int experts = moes.stream().mapToInt(FeedPlan.Moe::experts).max().orElse(0);
    return new ModelFacts(
        model.plan(),
        model.fingerprint(),
        model.moeLayers(),
        experts,
        moes.stream().mapToInt(FeedPlan.Moe::topK).max().orElse(0),
        moes.isEmpty() ? "none" : backbone(moes.get(0).expert()),
        IntStream.range(0, experts).mapToObj(model::expertName).toList());
  }

  private static String backbone(ExpertPlan expert) {
    return switch (expert) {
      case ExpertPlan.Ffn ffn -> "ffn";
      case ExpertPlan.Mamba mamba -> "mamba";
    };
  }

  String expertName(int expert) {
    return expert < expertNames.size() ? expertNames.get(expert) : "expert-" + expert;
  }

  ModelDescription describe(ApiLimits limits) {
    return ModelDescription.newBuilder()
        .setName(plan.name())
        .setModelType(plan.modelType())
        .setFingerprint(fingerprint)
        .setLayers(plan.layers().size())
        .setDModel(plan.dModel())
        .setVocabulary(plan.vocabulary())
        .setExpertsPerLayer(experts)
        .setTopK(topK)
        .addAllExpertNames(expertNames)
        .setExpertBackbone(backbone)
        .setMaxPromptTokens(limits.promptTokens())
        .setMaxNewTokens(limits.newTokens())
        .setArithmeticVersion(Arithmetic.VERSION)
        .setKernels(Kernels.describe())
        .build();
  }
}
