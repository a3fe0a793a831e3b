package dev.switchboard.node.shard;

import dev.switchboard.cluster.ExpertBook;
import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.model.ExpertLayer;
import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.CheckpointException;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.model.memory.Pace;
import dev.switchboard.node.runtime.ServedModel;
import dev.switchboard.proto.weights.WeightTable;
import java.nio.file.Path;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import java.util.function.Function;
import java.util.stream.Collectors;
import java.util.stream.Stream;

/** The experts of a model: of its files, which nodes of one host share, or from elsewhere. */
public final class ModelExperts implements ExpertSource {
  private final Model model;
  private final ServedModel served;
  private final boolean files;
  private final Function<ExpertBook.Added, AddedExpert> additions;

  /** A model whose files are here. One without experts is a source of nothing. */
  public ModelExperts(Model model) {
    this(model, true, added -> AddedExpert.read(Path.of(added.path())));
  }

  /**
   * @param files whether the model's files are here
   * @param additions gets experts that were added to the model
   */
  public ModelExperts(
      Model model, boolean files, Function<ExpertBook.Added, AddedExpert> additions) {
    this.additions = additions;
    List<ExpertLayer> layers = model.expertLayers();
    // Whether a router has its mixers placed shows in the placement alone.
    List<ExpertLayer> mixers = model.mixerLayers();
    ExpertUnits units =
        new ExpertUnits(
            layers.stream()
                .map(layer -> new ExpertUnits.Layer(layer.layer(), layer.experts()))
                .toList(),
            mixers.stream().map(ExpertLayer::layer).toList());
    Map<Integer, Integer> widths =
        Stream.concat(layers.stream(), mixers.stream())
            .collect(Collectors.toMap(ExpertLayer::layer, ExpertLayer::width));
    this.model = model;
    this.files = files;
    this.served = new ServedModel(model.fingerprint(), units, widths);
  }

  @Override
  public ServedModel model() {
    return served;
  }

  @Override
  public Expert load(int layer, int index) {
    return model.loadExpert(layer, index);
  }

  @Override
  public List<Expert> load(ExpertBook.Added added, List<Integer> layers) {
    AddedExpert expert = additions.apply(added);
    if (!expert.fingerprint().equals(added.fingerprint()) || expert.index() != added.index()) {
      throw new CheckpointException(
          "%s: this is expert %s with index %d; expected %s with index %d"
              .formatted(
                  expert.source(),
                  expert.fingerprint(),
                  expert.index(),
                  added.fingerprint(),
                  added.index()));
    }
    Stream<Integer> each = Pace.current().alone() ? layers.stream() : layers.parallelStream();
    return each.map(layer -> model.loadExpert(expert, layer)).toList();
  }

  @Override
  public long bytes(int layer, int index) {
    return model.expertBytes(layer, index);
  }

  @Override
  public long bytesRead() {
    return model.bytesRead();
  }

  @Override
  public long packCacheBytes() {
    return model.packCacheBytes();
  }

  @Override
  public Optional<WeightTable> weights() {
    if (!files) {
      return Optional.empty();
    }
    Checkpoint all = model.checkpoint();
    WeightTable table = new WeightTable(model.fingerprint(), model.plan().name(), all.configText());
    for (String name : all.names()) {
      Tensor tensor = all.find(name).orElseThrow();
      table.add(name, tensor.dtype().name(), tensor.shape(), tensor.data());
    }
    return Optional.of(table);
  }
}
