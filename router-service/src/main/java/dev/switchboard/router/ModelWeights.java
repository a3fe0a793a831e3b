package dev.switchboard.router;

import dev.switchboard.model.Model;
import dev.switchboard.model.architecture.AddedExpert;
import dev.switchboard.model.checkpoint.Checkpoint;
import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.proto.weights.WeightTable;
import dev.switchboard.proto.weights.WeightsService;
import java.util.Optional;
import java.util.function.Function;

/** What nodes without files are given of the router's. */
final class ModelWeights {
  private ModelWeights() {}

  /**
   * @param added finds experts that were added to the model, by fingerprint
   */
  static WeightsService service(Model model, Function<String, Optional<AddedExpert>> added) {
    Checkpoint all = model.checkpoint();
    WeightTable table = new WeightTable(model.fingerprint(), model.plan().name(), all.configText());
    for (String name : all.names()) {
      add(table, all.find(name).orElseThrow());
    }
    return new WeightsService(table, wanted -> added.apply(wanted).map(ModelWeights::table));
  }

  private static WeightTable table(AddedExpert expert) {
    WeightTable table =
        new WeightTable(expert.fingerprint(), expert.name(), expert.config().toString());
    expert.tensors().values().forEach(tensor -> add(table, tensor));
    return table;
  }

  private static void add(WeightTable table, Tensor tensor) {
    table.add(tensor.name(), tensor.dtype().name(), tensor.shape(), tensor.data());
  }
}
