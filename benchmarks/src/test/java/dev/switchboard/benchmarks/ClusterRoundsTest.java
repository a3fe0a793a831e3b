package dev.switchboard.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.time.Duration;
import java.util.ArrayList;
import java.util.LinkedHashMap;
import java.util.List;
import java.util.Map;
import org.junit.jupiter.api.Test;

final class ClusterRoundsTest {
  private final List<String> turns = new ArrayList<>();

  /** As fast as its number of turns, times a factor. */
  private final class Counted implements Contender {
    private final String name;
    private final double factor;
    private int prompts;
    private int generations;

    Counted(String name, double factor) {
      this.name = name;
      this.factor = factor;
    }

    @Override
    public double promptSpeed() {
      turns.add(name);
      return factor * ++prompts;
    }

    @Override
    public double generateSpeed(int run) {
      turns.add(name + run);
      return factor * ++generations;
    }

    @Override
    public CompilerTime compilers() {
      return CompilerTime.ofThisAnd(List.of());
    }

    @Override
    public void close() {}
  }

  private ClusterRounds rounds() {
    Map<String, Contender> contenders = new LinkedHashMap<>();
    contenders.put("a", new Counted("a", 1));
    contenders.put("b", new Counted("b", 0.5));
    return new ClusterRounds(contenders);
  }

  @Test
  void arrangementsTakeTurnsWithTheSameIdsAfterOneUnmeasuredRound() {
    Map<String, ClusterRow.Rounds> speeds = rounds().measure(2);

    assertThat(turns)
        .containsExactly("a", "b", "a0", "b0", "a", "b", "a0", "b0", "a", "b", "a1", "b1");
    assertThat(speeds.get("a").prompt()).containsExactly(2.0, 3.0);
    assertThat(speeds.get("b").generate()).containsExactly(1.0, 1.5);
  }

  @Test
  void warmingWorksWithEachAtLeastOnce() {
    rounds().warm(Duration.ZERO);

    assertThat(turns).containsExactly("a", "a0", "b", "b0");
  }

  @Test
  void ratiosAreOfSpeedsOfOneRound() {
    Map<String, ClusterRow.Rounds> speeds = rounds().measure(3);

    ClusterRow row = ClusterRow.of("b", 2, speeds.get("b"), speeds.get("a"));

    assertThat(row.promptRatio()).isEqualTo(new Spread(0.5, 0.5, 0.5, 3));
    assertThat(row.generateRatio().median()).isEqualTo(0.5);
    assertThat(row.prompt().median()).isEqualTo(1.5);
    assertThat(row.text()).contains("x0.50 (0.50 to 0.50)");
  }
}
