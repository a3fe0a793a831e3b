package dev.switchboard.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.within;

import java.time.Duration;
import java.util.List;
import java.util.Optional;
import org.junit.jupiter.api.Test;

class ModelReportTest {
  private static final Spread TEN = Spread.of(List.of(10.0, 9.0, 11.0));
  private static final Sizes SIZES = new Sizes(512, 64, 0, 3, Duration.ZERO);

  private static ModelReport report(Optional<Spread> generate, int streams) {
    Spread read = Spread.of(List.of(2e9));
    return new ModelReport(
        "m.gguf",
        new Arrangement(2, 2, Arrangement.THIS_PROCESS, 1, streams, "auto"),
        SIZES,
        new Throughput("one process", 0, Optional.of(TEN), generate, 5),
        100_000_000,
        Optional.of(new ReadSpeed.Result(read, read)),
        new Machine("p", 2, "vector", "25", "Linux"));
  }

  @Test
  void hasTheKeysOfThePeersReportAndMore() {
    assertThat(report(Optional.of(TEN), 1).json())
        .containsKeys(
            "peer",
            "version",
            "model",
            "threads",
            "prompt",
            "depth",
            "prompt_tokens_per_second",
            "generate_tokens_per_second")
        .containsKeys("kernels", "machine", "read_bytes_per_second", "resident_bytes", "streams")
        .containsEntry("threads", 2)
        .containsEntry("prompt_tokens_per_second", TEN);
  }

  @Test
  void generationIsAShareOfWhatMemoryGives() {
    assertThat(report(Optional.of(TEN), 1).shareOfReadSpeed().orElseThrow())
        .isEqualTo(0.5, within(1e-9));
    assertThat(report(Optional.of(TEN), 16).shareOfReadSpeed())
        .as("streams share what is read")
        .isEmpty();
  }

  @Test
  void whatWasNotTimedIsNull() {
    assertThat(report(Optional.empty(), 1).json())
        .containsEntry("generate_tokens_per_second", null);
  }
}
