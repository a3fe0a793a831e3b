package dev.switchboard.benchmarks;

import dev.switchboard.model.ExpertLayer;
import dev.switchboard.model.Model;
import dev.switchboard.model.ModelSizes;
import dev.switchboard.model.checkpoint.Tensor;

/**
 * What one generated token reads: trunk and head once (of an embedding that is not the head's
 * tensor one row, left out), the chosen experts, and the keys and values before it.
 */
final class ActiveBytes {
  private static final ModelSizes.Size NONE = new ModelSizes.Size(0, 0);

  private ActiveBytes() {}

  /**
   * @param context tokens that attention looks back at
   */
  static long perToken(Model model, long context) {
    ModelSizes sizes = model.sizes();
    long bytes = sizes.trunk().bytes() + sizes.stateBytes();
    String embedding = model.plan().embedding().tensor();
    if (!embedding.equals(model.plan().head().weight().tensor())) {
      bytes -= model.checkpoint().find(embedding).map(ActiveBytes::of).orElse(0L);
    }
    for (ExpertLayer layer : model.expertLayers()) {
      bytes += layer.topK() * sizes.experts().getOrDefault(layer.layer(), NONE).bytes();
    }
    return bytes + context * sizes.keyValueBytesPerToken();
  }

  private static long of(Tensor tensor) {
    return tensor.dtype().bytes(tensor.elements());
  }
}
