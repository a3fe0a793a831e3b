package dev.switchboard.training.twin;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import ai.djl.ndarray.NDArray;
import ai.djl.ndarray.NDManager;
import ai.djl.ndarray.types.Shape;
import dev.switchboard.training.twin.Weights.Values;
import java.util.SequencedMap;
import org.junit.jupiter.api.Test;

class BranchTest {
  private static final TwinConfig BEFORE = TinyTwin.CONFIG;

  @Test
  void noAnswerChanges() {
    SequencedMap<String, Values> weights = TinyTwin.weights(4);
    float[] before = hidden(BEFORE, weights);
    TwinConfig after = Branch.config(BEFORE, 10);
    Branch.move(BEFORE, 10, weights);
    assertThat(after.sharedWidth()).isEqualTo(BEFORE.sharedWidth() - 10);
    assertThat(after.expertWidth()).isEqualTo(BEFORE.expertWidth() + 10);
    assertThat(hidden(after, weights)).usingComparatorWithPrecision(1e-4f).containsExactly(before);
  }

  @Test
  void theSharedNetworkKeepsAtLeastAUnit() {
    assertThatThrownBy(() -> Branch.config(BEFORE, BEFORE.sharedWidth()))
        .hasMessageContaining("expected 1 to 23");
    assertThatThrownBy(() -> Branch.config(BEFORE, 0)).hasMessageContaining("0 units");
  }

  private static float[] hidden(TwinConfig config, SequencedMap<String, Values> values) {
    Torch.start();
    try (NDManager manager = NDManager.newBaseManager("PyTorch");
        Weights weights = new Weights(manager)) {
      values.forEach((name, value) -> weights.put(name, value, false));
      try (NDManager step = weights.newStep()) {
        long[] ids = new long[3 * 16];
        for (int i = 0; i < ids.length; i++) {
          ids[i] = (7L * i + 3) % 60;
        }
        NDArray tokens = step.create(ids, new Shape(3, 16));
        return new TrainableModel(config)
            .hidden(weights.bind(step), tokens, Router.byDomain())
            .toFloatArray();
      }
    }
  }
}
