package dev.switchboard.model.moe;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.moe.MoeOutcome.Lost;
import java.util.Arrays;
import java.util.List;
import org.junit.jupiter.api.Test;

final class SurvivorsTest {
  private static final int WIDTH = 2;

  private final Routing routing =
      new Routing(
          2, 3, new int[] {4, 0, 7, 7, 4, 1}, new float[] {0.5f, 0.25f, 0.25f, 1f, 0.5f, 0.5f});
  private final float[] outputs = new float[2 * 3 * WIDTH];

  private float[] weights(Lost... lost) {
    Arrays.fill(outputs, Float.NaN);
    return Survivors.of(routing, List.of(lost), WIDTH, outputs).weights();
  }

  @Test
  void theOthersTakeItsShareAndOtherTokensAreAsTheyWere() {
    assertThat(weights(new Lost(0, 4, "gone"))).containsExactly(0f, 0.5f, 0.5f, 1f, 0.5f, 0.5f);
    for (int i = 0; i < outputs.length; i++) {
      assertThat(Float.isNaN(outputs[i])).as("output %d", i).isEqualTo(i >= WIDTH);
    }
  }

  @Test
  void weightsThatDoNotAddUpToOneKeepTheirSum() {
    assertThat(weights(new Lost(1, 4, "gone"), new Lost(1, 1, "gone")))
        .containsExactly(0.5f, 0.25f, 0.25f, 2f, 0f, 0f);
  }

  @Test
  void whereNoneIsLeftNothingIsAdded() {
    float[] weights =
        weights(new Lost(0, 0, "gone"), new Lost(0, 4, "gone"), new Lost(0, 7, "gone"));
    assertThat(weights).containsExactly(0f, 0f, 0f, 1f, 0.5f, 0.5f);
    assertThat(outputs).startsWith(0f, 0f, 0f, 0f, 0f, 0f);
  }

  @Test
  void theRoutingItselfStaysAsItIs() {
    weights(new Lost(0, 4, "gone"));
    assertThat(routing.weights()[0]).isEqualTo(0.5f);
  }
}
