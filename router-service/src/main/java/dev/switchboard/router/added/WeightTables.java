package dev.switchboard.router.added;

import dev.switchboard.model.checkpoint.Tensor;
import dev.switchboard.proto.weights.WeightTable;
import java.util.Collection;

/** Tensors as they are given away. */
public final class WeightTables {
  private WeightTables() {}

  /**
   * @param config as JSON
   */
  public static WeightTable of(
      String fingerprint, String name, String config, Collection<Tensor> tensors) {
    WeightTable table = new WeightTable(fingerprint, name, config);
    for (Tensor tensor : tensors) {
      table.add(tensor.name(), tensor.dtype().name(), tensor.shape(), tensor.data());
    }
    return table;
  }
}
