package dev.switchboard.router;

import dev.switchboard.model.Model;
import java.util.function.LongSupplier;

/**
 * Multiply-adds that all experts of all layers would take for one token. The experts of a layer are
 * of one shape: one of each layer is looked at, once, when first asked for.
 */
final class ExpertCost implements LongSupplier {
  private final Model model;
  private long multiplyAdds = -1;

  ExpertCost(Model model) {
    this.model = model;
  }

  @Override
  public synchronized long getAsLong() {
    if (multiplyAdds < 0) {
      long sum = 0;
      for (int layer : model.moeLayers()) {
        sum += model.experts(layer) * model.loadExpert(layer, 0).multiplyAddsPerRow();
      }
      multiplyAdds = sum;
    }
    return multiplyAdds;
  }
}
