package dev.switchboard.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.Optional;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class WorkloadTest {
  private static final Sizes SIZES = new Sizes(3, 2, 0, 2, Duration.ZERO);

  @TempDir Path folder;

  private Workload of(String ids) throws IOException {
    return Workload.of(Optional.of(Files.writeString(folder.resolve("ids"), ids)), 100, SIZES);
  }

  @Test
  void promptFirstThenGenerationRoundAndRound() throws IOException {
    Workload work = of("1\n2\n3\n4\n");
    assertThat(work.promptIds()).containsExactly(1, 2, 3);
    assertThat(work.generatedIds(0, 0)).containsExactly(4, 1);
    assertThat(work.generatedIds(0, 1)).containsExactly(2, 3);
    assertThat(work.generatedIds(1, 0)).containsExactly(4, 1);
    assertThat(work.earlierIds()).containsExactly(1);
  }

  @Test
  void drawnIdsAreInTheVocabulary() {
    Workload work = Workload.of(Optional.empty(), 100, SIZES);
    assertThat(work.ids()).containsOnly(IntStream.range(50, 100).toArray());
  }

  @Test
  void idsThatCannotBeAreNamed() {
    assertThatThrownBy(() -> of("1 100"))
        .hasMessage("token id 100: the model's vocabulary has 100");
    assertThatThrownBy(() -> of("1 x")).hasMessageContaining("ids").hasMessageContaining("\"x\"");
  }
}
