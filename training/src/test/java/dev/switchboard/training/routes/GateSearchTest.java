package dev.switchboard.training.routes;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import dev.switchboard.model.architecture.RoutingRule.GroupScore;
import dev.switchboard.model.architecture.RoutingRule.Scoring;
import dev.switchboard.training.run.FullDisk;
import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.SplittableRandom;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Searches that are broken off. */
class GateSearchTest {
  private static final int LAYERS = 2;
  private static final int EXPERTS = 4;
  private static final int WIDTH = 6;
  private static final int STEPS = 12;
  private static final String SAME = "model data settings";

  @TempDir private Path folder;
  private final List<RoutedRow> rows = rows();
  private int asked;
  private int lastAnswer = Integer.MAX_VALUE;
  private int fullAt = Integer.MAX_VALUE;

  private static List<RoutedRow> rows() {
    SplittableRandom random = new SplittableRandom(4);
    List<RoutedRow> rows = new ArrayList<>();
    for (int i = 0; i < 60; i++) {
      float[][] inputs = new float[LAYERS][];
      for (int layer = 0; layer < LAYERS; layer++) {
        inputs[layer] = floats(random, WIDTH);
      }
      rows.add(new RoutedRow(0, i, new int[LAYERS][1], new float[LAYERS][1], inputs, inputs));
    }
    return rows;
  }

  private static float[] floats(SplittableRandom random, int count) {
    float[] values = new float[count];
    for (int i = 0; i < count; i++) {
      values[i] = (float) (random.nextDouble() * 2 - 0.7);
    }
    return values;
  }

  private static List<LayerGate> gates() {
    SplittableRandom random = new SplittableRandom(5);
    LayerGate.Rule rule =
        new LayerGate.Rule(1, Scoring.SOFTMAX_OF_ALL, false, 1, 0, 0, GroupScore.BEST);
    List<LayerGate> gates = new ArrayList<>();
    for (int layer = 0; layer < LAYERS; layer++) {
      float[] weight = floats(random, EXPERTS * WIDTH);
      gates.add(new LayerGate(layer, EXPERTS, weight, new float[0], new float[EXPERTS], 0, rule));
    }
    return gates;
  }

  private long[] sum(List<LayerGate> now, double balance, double[][] shares) {
    if (asked++ == lastAnswer) {
      throw new IllegalStateException("the machine went away");
    }
    if (asked == fullAt) {
      FullDisk.nextTime(file());
    }
    RouteSums sums = new RouteSums(gates(), now, balance, shares);
    rows.forEach(sums::add);
    return sums.sums();
  }

  private GateSearch search(boolean weights) {
    return new GateSearch(
        new GateSearch.Settings(weights, STEPS, weights ? 0.05 : 0.1, 1), this::sum);
  }

  private Path file() {
    return folder.resolve("checkpoint.state");
  }

  private SearchKeeper keeper(String identity) {
    return new SearchKeeper(file(), identity, 2);
  }

  private void brokenOff(boolean weights) {
    assertThatThrownBy(() -> search(weights).run(gates(), false, keeper(SAME)))
        .hasMessageContaining("went away");
    lastAnswer = Integer.MAX_VALUE;
    fullAt = Integer.MAX_VALUE;
  }

  private static void assertSame(GateSearch.Found found, GateSearch.Found whole) {
    assertThat(found.variation()).isEqualTo(whole.variation());
    for (int i = 0; i < LAYERS; i++) {
      assertThat(found.gates().get(i).weight()).isEqualTo(whole.gates().get(i).weight());
      assertThat(found.gates().get(i).correction()).isEqualTo(whole.gates().get(i).correction());
    }
  }

  @ParameterizedTest
  @ValueSource(booleans = {false, true})
  void aSearchThatGoesOnFindsTheSame(boolean weights) throws IOException {
    GateSearch.Found whole = search(weights).run(gates());
    int all = asked;
    assertThat(whole.variation()).hasSize(STEPS + 1);
    assertThat(whole.variation().getLast()).isLessThan(whole.variation().getFirst());

    asked = 0;
    lastAnswer = 7;
    brokenOff(weights);
    asked = 0;
    assertSame(search(weights).run(gates(), true, keeper(SAME)), whole);
    assertThat(asked).as("steps that are done are not done again").isLessThan(all - 4);
    keeper(SAME).drop();
    assertThat(file()).doesNotExist();
  }

  @Test
  void aFullDiskLeavesTheOlderState() throws IOException {
    GateSearch.Found whole = search(false).run(gates());
    asked = 0;
    fullAt = 4;
    lastAnswer = 5;
    brokenOff(false);
    asked = 0;
    assertSame(search(false).run(gates(), true, keeper(SAME)), whole);
    assertThat(asked).as("from step 2").isEqualTo(STEPS + 1 - 2);
  }

  @Test
  void whatIsOfAnotherSearchOrDamagedIsRefused() throws IOException {
    lastAnswer = 7;
    brokenOff(false);
    assertThatThrownBy(() -> search(false).run(gates(), true, keeper("model other settings")))
        .isInstanceOf(IOException.class)
        .hasMessageContainingAll("checkpoint.state", "model data settings", "model other settings");
    Files.write(file(), java.util.Arrays.copyOf(Files.readAllBytes(file()), 60));
    assertThatThrownBy(() -> search(false).run(gates(), true, keeper(SAME)))
        .hasMessageContaining("checkpoint.state");
  }
}
