package dev.switchboard.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.model.Model;
import java.io.IOException;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class SyntheticModelTest {
  @TempDir Path folder;

  @Test
  void theModelIsReadAndMeasured() throws IOException {
    new SyntheticModel(40, 2, 8).write(folder);
    try (Model model = Model.open(folder)) {
      assertThat(model.plan().dModel()).isEqualTo(40);
      assertThat(model.tokenizer().encode("ab")).hasSize(2);
      Workload work =
          Workload.of(
              Optional.empty(), model.plan().vocabulary(), new Sizes(20, 4, 0, 3, Duration.ZERO));

      Throughput result = InProcess.measure(model, 2, work);

      assertThat(result.nodes()).isZero();
      assertThat(result.prompt().orElseThrow().runs()).isEqualTo(3);
      assertThat(result.prompt().orElseThrow().min())
          .isPositive()
          .isLessThanOrEqualTo(result.prompt().orElseThrow().median());
      assertThat(result.generate().orElseThrow().max())
          .isGreaterThanOrEqualTo(result.generate().orElseThrow().median());
    }
  }
}
