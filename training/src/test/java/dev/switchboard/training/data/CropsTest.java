package dev.switchboard.training.data;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.training.data.Crops.Batch;
import java.util.List;
import java.util.stream.IntStream;
import org.junit.jupiter.api.Test;

class CropsTest {
  private final List<Domain> domains =
      List.of(
          new Domain("a", IntStream.range(100, 1100).toArray(), new int[0]),
          new Domain(
              "b", IntStream.range(5000, 5020).toArray(), IntStream.range(0, 500).toArray()));

  @Test
  void liesDomainByDomainWithTargetsOneAhead() {
    Batch batch = Crops.training(domains, 2, 64, 1, 0);
    assertThat(batch.inputs()).hasSize(4 * 64);
    for (int t = 0; t < 128; t++) {
      assertThat(batch.inputs()[t]).isBetween(100L, 1099L);
      assertThat(batch.targets()[t]).isEqualTo(batch.inputs()[t] + 1);
    }
    assertThat(batch.inputs()[130]).isGreaterThanOrEqualTo(5000);
  }

  @Test
  void dependsOnSeedAndStepAlone() {
    assertThat(Crops.training(domains, 1, 16, 1, 7).inputs())
        .isEqualTo(Crops.training(domains, 1, 16, 1, 7).inputs())
        .isNotEqualTo(Crops.training(domains, 1, 16, 1, 8).inputs())
        .isNotEqualTo(Crops.training(domains, 1, 16, 2, 7).inputs());
  }

  @Test
  void aTextShorterThanACropIsReadRoundAndRound() {
    Batch batch = Crops.training(domains, 1, 64, 1, 0);
    long first = batch.inputs()[64];
    assertThat(batch.inputs()[64 + 20]).isEqualTo(first);
  }

  @Test
  void heldOutWindowsComeFromTheTestText() {
    Batch batch = Crops.heldOut(domains, 2, 64);
    assertThat(batch.inputs()[2 * 64]).isZero();
    assertThat(batch.inputs()[0]).isEqualTo(100);
  }
}
