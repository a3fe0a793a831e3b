package dev.switchboard.node.shard;

import dev.switchboard.cluster.ExpertUnits;
import dev.switchboard.model.ExpertLayer;
import dev.switchboard.model.Model;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.node.runtime.ServedModel;
import java.util.List;
import java.util.Map;
import java.util.stream.Collectors;

/** The experts of a model on disk; its file is mapped, so nodes of one host share it. */
public final class ModelExperts implements ExpertSource {
  private final Model model;
  private final ServedModel served;

  /** A model without experts is a source of nothing. */
  public ModelExperts(Model model) {
    List<ExpertLayer> layers = model.expertLayers();
    ExpertUnits units =
        new ExpertUnits(
            layers.stream()
                .map(layer -> new ExpertUnits.Layer(layer.layer(), layer.experts()))
                .toList());
    Map<Integer, Integer> widths =
        layers.stream().collect(Collectors.toMap(ExpertLayer::layer, ExpertLayer::width));
    this.model = model;
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
}
