package dev.switchboard.router.cli;

import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.ExpertPlan;
import dev.switchboard.model.architecture.FeedPlan;
import dev.switchboard.model.architecture.GatePlan;
import dev.switchboard.model.architecture.MixerPlan;
import dev.switchboard.model.architecture.PlanTensors;
import dev.switchboard.model.architecture.RoutingRule;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.Tensor;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.TreeMap;
import java.util.stream.Collectors;
import java.util.stream.IntStream;
import java.util.stream.Stream;

/**
 * What a model directory holds.
 *
 * @param parameters of all tensors
 * @param parametersPerToken of those that one token meets
 * @param parametersPerExpert of one expert of one layer
 * @param dtypes parameters by type of tensor
 * @param files bytes by name
 */
record ModelReport(
    Path path,
    Model model,
    long parameters,
    long parametersPerToken,
    long parametersPerExpert,
    Map<String, Long> dtypes,
    Map<String, Long> files) {

  static ModelReport of(Model model) {
    try (Checkpoint checkpoint = Checkpoint.open(model.path())) {
      Map<String, Long> sizes =
          checkpoint.names().stream()
              .collect(
                  Collectors.toMap(
                      name -> name,
                      name -> checkpoint.find(name).map(Tensor::elements).orElse(0L)));
      Map<String, Long> dtypes = new TreeMap<>();
      for (String name : checkpoint.names()) {
        checkpoint
            .find(name)
            .ifPresent(tensor -> dtypes.merge(tensor.dtype().name(), tensor.elements(), Long::sum));
      }
      long total = sizes.values().stream().mapToLong(n -> n).sum();
      return new ModelReport(
          model.path().toAbsolutePath().normalize(),
          model,
          total,
          total - asleep(model, sizes),
          perExpert(model, sizes),
          dtypes,
          files(model.path()));
    }
  }

  private static long asleep(Model model, Map<String, Long> sizes) {
    long asleep = 0;
    for (int layer : model.moeLayers()) {
      FeedPlan.Moe moe = moe(model, layer);
      long all = IntStream.range(0, moe.experts()).mapToLong(e -> expert(moe, e, sizes)).sum();
      asleep += all / moe.experts() * (moe.experts() - moe.topK());
    }
    return asleep;
  }

  private static long perExpert(Model model, Map<String, Long> sizes) {
    List<Integer> layers = model.moeLayers();
    return layers.isEmpty() ? 0 : expert(moe(model, layers.get(0)), 0, sizes);
  }

  /** Parameters of one expert; its share of tensors that hold several. */
  private static long expert(FeedPlan.Moe moe, int index, Map<String, Long> sizes) {
    return PlanTensors.ofExpert(moe, index).stream()
        .mapToLong(tensor -> sizes.getOrDefault(tensor.name(), 0L))
        .sum();
  }

  private static FeedPlan.Moe moe(Model model, int layer) {
    return model.plan().layers().get(layer).moe().orElseThrow();
  }

  private static Map<String, Long> files(Path directory) {
    Map<String, Long> files = new TreeMap<>();
    if (!Files.isDirectory(directory)) {
      return files;
    }
    try (Stream<Path> entries = Files.list(directory)) {
      for (Path file : entries.filter(Files::isRegularFile).toList()) {
        files.put(file.getFileName().toString(), Files.size(file));
      }
    } catch (IOException e) {
      throw new CheckpointException(directory + ": cannot be listed: " + e.getMessage(), e);
    }
    return files;
  }

  /** The experts' backbone with its sizes. */
  String backbone() {
    List<Integer> layers = model.moeLayers();
    if (layers.isEmpty()) {
      return "none";
    }
    return switch (moe(model, layers.get(0)).expert()) {
      case ExpertPlan.Ffn ffn -> "ffn, intermediate " + ffn.intermediate();
      case ExpertPlan.Mamba mamba ->
          "mamba, %d heads of %d, state %d"
              .formatted(mamba.heads(), mamba.headDim(), mamba.stateSize());
    };
  }

  String mixer() {
    return model.plan().layers().stream()
        .flatMap(layer -> layer.mixer().stream())
        .findFirst()
        .map(branch -> describe(branch.block()))
        .orElse("none");
  }

  private static String describe(MixerPlan mixer) {
    return switch (mixer) {
      case MixerPlan.Mamba2 mamba ->
          "mamba-2, %d heads of %d, state %d"
              .formatted(mamba.scan().heads(), mamba.scan().headDim(), mamba.scan().stateSize());
      case MixerPlan.Mamba1 mamba ->
          "mamba, %d channels, state %d"
              .formatted(mamba.sizes().inner(), mamba.sizes().stateSize());
      case MixerPlan.Attention attention ->
          "attention, %d heads over %d of %d"
              .formatted(
                  attention.heads().query(), attention.heads().keyValue(), attention.heads().dim());
      case MixerPlan.LatentAttention latent ->
          "latent attention, %d heads, latent %d"
              .formatted(latent.heads().count(), latent.heads().latentRank());
    };
  }

  int topK() {
    List<Integer> layers = model.moeLayers();
    return layers.isEmpty() ? 0 : moe(model, layers.get(0)).topK();
  }

  /** The routing rule of the first layer that has one. */
  String rule() {
    List<Integer> layers = model.moeLayers();
    if (layers.isEmpty()) {
      return "none";
    }
    FeedPlan.Moe moe = moe(model, layers.get(0));
    Optional<RoutingRule> rule = moe.gate().map(GatePlan::rule);
    if (rule.isEmpty()) {
      return "one expert, always awake";
    }
    String weights =
        switch (rule.get().scoring()) {
          case SOFTMAX_OF_CHOSEN -> "softmax of the chosen";
          case SOFTMAX_OF_ALL -> "softmax of all";
          case SIGMOID -> "sigmoid";
        };
    String memory = moe.gate().flatMap(GatePlan::decay).isPresent() ? ", the gate remembers" : "";
    return "top %d of %d, %s%s".formatted(moe.topK(), moe.experts(), weights, memory);
  }
}
