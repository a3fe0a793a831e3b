package dev.switchboard.router.api;

import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.model.Arithmetic;
import dev.switchboard.model.ExpertLayer;
import dev.switchboard.model.GenerationDefaults;
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
 * @param layers those that have experts, ascending
 * @param units their experts, as they are placed
 * @param backbone of the experts, {@code ffn} or {@code mamba}
 * @param defaults how its makers would draw its tokens
 */
public record ModelFacts(
    ModelPlan plan,
    String fingerprint,
    List<ExpertLayer> layers,
    ExpertUnits units,
    String backbone,
    List<String> expertNames,
    GenerationDefaults defaults) {

  public static ModelFacts of(Model model) {
    List<FeedPlan.Moe> moes =
        model.plan().layers().stream().flatMap(layer -> layer.moe().stream()).toList();
    List<ExpertLayer> layers = model.expertLayers();
    ExpertUnits units =
        new ExpertUnits(
            layers.stream()
                .map(layer -> new ExpertUnits.Layer(layer.layer(), layer.experts()))
                .toList(),
            model.placedMixers().stream().map(ExpertLayer::layer).toList());
    return new ModelFacts(
        model.plan(),
        model.fingerprint(),
        layers,
        units,
        moes.isEmpty() ? "none" : backbone(moes.get(0).expert()),
        IntStream.range(0, units.mostExperts()).mapToObj(model::expertName).toList(),
        model.generationDefaults());
  }

  /** Indices of the layers that have experts. */
  public List<Integer> moeLayers() {
    return layers.stream().map(ExpertLayer::layer).toList();
  }

  /** Most experts that a layer has. */
  public int experts() {
    return units.mostExperts();
  }

  /** Most experts awake a token and layer. */
  public int topK() {
    return layers.stream().mapToInt(ExpertLayer::topK).max().orElse(0);
  }

  /** What all experts of all layers would take for one token. */
  long multiplyAddsPerToken() {
    return layers.stream().mapToLong(layer -> layer.experts() * layer.multiplyAddsPerRow()).sum();
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
        .setExpertsPerLayer(experts())
        .setTopK(topK())
        .addAllExpertNames(expertNames)
        .setExpertBackbone(backbone)
        .setMaxPromptTokens(limits.promptTokens())
        .setMaxNewTokens(limits.newTokens())
        .setArithmeticVersion(Arithmetic.VERSION)
        .setKernels(Kernels.describe())
        .build();
  }
}
