package dev.switchboard.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;
import static org.assertj.core.api.Assertions.within;

import dev.switchboard.model.Model;
import java.io.IOException;
import java.nio.file.Path;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.OptionalLong;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ContextRunTest {
  @TempDir Path folder;

  @Test
  void everyLengthIsTimedAndTheFirstOnceMore() throws IOException {
    new SyntheticModel(8, 1, 4).write(folder);
    List<ContextPoint> seen = new ArrayList<>();
    List<Long> read = new ArrayList<>();
    ContextRun.Listener listener =
        new ContextRun.Listener() {
          @Override
          public void read(long tokens, long nanos) {
            read.add(tokens);
          }

          @Override
          public void timed(ContextPoint point) {
            seen.add(point);
          }
        };
    try (Model model = Model.open(folder)) {
      var plan = new ContextRun.Plan(List.of(1000L, 1300L), 2, 1, 0, new int[] {1, 2, 3});
      List<ContextPoint> points = ContextRun.measure(model, 1, plan, listener);

      assertThat(points).isEqualTo(seen);
      assertThat(read).containsExactly(1000L, 1300L);
      assertThat(points).extracting(ContextPoint::tokens).containsExactly(1000L, 1300L, 1000L);
      assertThat(points)
          .allSatisfy(point -> {
            assertThat(point.nanosPerToken().runs()).isGreaterThanOrEqualTo(2);
            assertThat(point.nanosPerToken().min()).isPositive();
            assertThat(point.generateNanosPerToken().orElseThrow().min()).isPositive();
            assertThat(point.reached().stateBytes()).isPositive();
          });
    }
  }

  @Test
  void lengthsAreWrittenAsPeopleDo() {
    assertThat(ContextLengths.parse("1k,2500,32K,1M"))
        .containsExactly(1000L, 2500L, 32_000L, 1_000_000L);
    assertThat(ContextLengths.text(32_000)).isEqualTo("32k");
    assertThat(ContextLengths.text(2500)).isEqualTo("2500");
    for (String wrong : List.of("", "1k,", "x", "10k,1k", "999", "-1k", "2000M", "1.5k")) {
      assertThatThrownBy(() -> ContextLengths.parse(wrong))
          .isInstanceOf(UsageException.class)
          .hasMessageContaining("--lengths");
    }
  }

  @Test
  void aLineIsFoundAgain() {
    List<ContextPoint> points = List.of(point(1000, 50), point(4000, 200), point(16_000, 800));
    ContextFit fit = ContextFit.of(points);

    assertThat(fit.nanosAt(100_000)).isCloseTo(5025, within(1.0));
    assertThat(fit.readNanos(1000)).isCloseTo(fit.nanos() * 1000 + 0.05 * 5e5, within(1e-6));
    assertThat(ContextFit.of(points.subList(0, 1)).nanosAt(5)).isCloseTo(50, within(1e-9));
  }

  @Test
  void theReportComparesTheLongestWithTheShortest() {
    List<ContextPoint> points = List.of(point(1000, 100), point(10_000, 105), point(1000, 90));
    var machine = new Machine("p", 2, "vector", "25", "Linux");
    var report = new ContextReport("m", 2, points, OptionalLong.of(100_000), machine);

    assertThat(report.json())
        .containsEntry("timeRatio", 1.05)
        .containsEntry("memoryRatio", 1.0)
        .containsEntry("againRatio", 0.9)
        .containsKeys("lengths", "again", "fit", "extended");
    assertThat(report.lengths()).hasSize(2);
    assertThat(report.text()).contains("not measured");
  }

  @Test
  void anotherModelIsComparedAtTheLongestLengthByItsFittedLine() {
    var machine = new Machine("p", 2, "vector", "25", "Linux");
    var flat =
        new ContextReport(
            "flat",
            2,
            List.of(point(1000, 100), point(100_000, 100), point(1000, 100)),
            OptionalLong.empty(),
            machine);
    // 0.05 ns more for each position, and nothing at the first.
    var growing =
        new ContextReport(
            "growing",
            2,
            List.of(point(1000, 25), point(4000, 175), point(1000, 25)),
            OptionalLong.of(100_000),
            machine);
    ContextAgainst both = new ContextAgainst(flat, growing);

    assertThat(both.readRatio()).isCloseTo(25, within(1e-6));
    assertThat(both.generateRatio().orElseThrow()).isCloseTo(50, within(1e-6));
    assertThat(both.json()).containsEntry("measured", false).containsKey("report");
    assertThat(both.text()).contains("x25.0", "fitted quadratic, not measured", "x50.0");
  }

  private static ContextPoint point(long tokens, double nanos) {
    Spread spread = Spread.of(List.of(nanos));
    return new ContextPoint(
        tokens, spread, Optional.of(spread), new ContextPoint.Reached(nanos, 1, 2, 3));
  }
}
