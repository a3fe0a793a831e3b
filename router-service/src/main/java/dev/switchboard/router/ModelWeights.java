package dev.switchboard.router;

import dev.switchboard.model.Model;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.proto.weights.WeightTable;
import dev.switchboard.proto.weights.WeightsService;

/** What nodes without files are given of the router's. */
final class ModelWeights {
  private ModelWeights() {}

  static WeightsService service(Model model) {
    Checkpoint all = model.checkpoint();
    WeightTable table = new WeightTable(model.fingerprint(), model.plan().name(), all.configText());
    for (String name : all.names()) {
      Tensor tensor = all.find(name).orElseThrow();
      table.add(name, tensor.dtype().name(), tensor.shape(), tensor.data());
    }
    return new WeightsService(table);
  }
}
