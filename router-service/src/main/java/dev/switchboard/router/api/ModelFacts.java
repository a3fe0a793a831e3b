package dev.switchboard.router.api;

import dev.switchboard.cluster.ClusterView;
import dev.switchboard.cluster.ExpertBook;
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
import java.util.function.Supplier;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What is told about a model.
 *
 * @param layers those that have experts, ascending
 * @param units their experts, as they are placed
 * @param backbone of the experts, {@code ffn} or {@code mamba}
 * @param expertNames of its own experts, by index
 * @param defaults how its makers would draw its tokens
 * @param added what was added to its experts by now
 */
public record ModelFacts(
    ModelPlan plan,
    String fingerprint,
    List<ExpertLayer> layers,
    ExpertUnits units,
    String backbone,
    List<String> expertNames,
    GenerationDefaults defaults,
    Supplier<List<ExpertBook.Added>> added) {

  /** Of a model that nothing is added to. */
  public static ModelFacts of(Model model) {
    return of(model, List::of);
  }

  /**
   * @param added what was added to the model's experts by now
   */
  public static ModelFacts of(Model model, Supplier<List<ExpertBook.Added>> added) {
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
        model.generationDefaults(),
        added);
  }

  /** Indices of the layers that have experts. */
  public List<Integer> moeLayers() {
    return layers.stream().map(ExpertLayer::layer).toList();
  }

  /** Most experts that a layer has of its own. */
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
    List<String> all = allNames();
    return expert < all.size() ? all.get(expert) : "expert-" + expert;
  }

  /** Names of all experts that there are now, by index. */
  List<String> allNames() {
    List<ExpertBook.Added> more = added.get();
    if (more.isEmpty()) {
      return expertNames;
    }
    return Stream.concat(expertNames.stream(), more.stream().map(ExpertBook.Added::name)).toList();
  }

  /** What a view shows of what was added to the model. */
  public List<ExpertBook.Added> addedTo(ClusterView view) {
    return view.experts().addedTo(fingerprint);
  }

  /** All experts that there are now, as they are placed. */
  ExpertUnits allUnits() {
    return units.with(added.get().size());
  }

  ModelDescription describe(ApiLimits limits) {
    return ModelDescription.newBuilder()
        .setName(plan.name())
        .setModelType(plan.modelType())
        .setFingerprint(fingerprint)
        .setLayers(plan.layers().size())
        .setDModel(plan.dModel())
        .setVocabulary(plan.vocabulary())
        .setExpertsPerLayer(experts() + added.get().size())
        .setTopK(topK())
        .addAllExpertNames(allNames())
        .setExpertBackbone(backbone)
        .setMaxPromptTokens(limits.promptTokens())
        .setMaxNewTokens(limits.newTokens())
        .setArithmeticVersion(Arithmetic.VERSION)
        .setKernels(Kernels.describe())
        .build();
  }
}
