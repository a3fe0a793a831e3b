package dev.switchboard.node.shard;

import dev.switchboard.model.Model;
import dev.switchboard.model.expert.Expert;
import dev.switchboard.node.runtime.ServedModel;
import java.util.List;

/** The experts of a model on disk; its file is mapped, so nodes of one host share it. */
public final class ModelExperts implements ExpertSource {
  private final Model model;
  private final ServedModel served;

  /**
   * @throws IllegalArgumentException if the model has no experts
   */
  public ModelExperts(Model model) {
    List<Integer> layers = model.moeLayers();
    if (layers.isEmpty()) {
      throw new IllegalArgumentException(
          model.path() + ": a model without experts; a node has nothing to do for it");
    }
    this.model = model;
    this.served =
        new ServedModel(
            model.fingerprint(), model.plan().dModel(), layers, model.experts(layers.getFirst()));
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
