package dev.switchboard.model.reference;

import static org.assertj.core.api.Assertions.assertThat;

import java.nio.file.Path;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** Families with recurrent mixers: logits, layers, routing, states and tokens of the reference. */
class HybridFamiliesTest {
  private static final Path GOLDEN = Path.of("src/test/resources/golden/hf");

  @ParameterizedTest
  @ValueSource(
      strings = {
        "mamba",
        "mamba2",
        "bamba",
        "granitemoehybrid",
        "granitemoehybrid/fused",
        "granitemoehybrid/bf16",
        "granitemoehybrid_dense",
        "jamba",
        "jamba/fused",
        "nemotron_h",
        "nemotron_h/fused"
      })
  void computeWhatTheReferenceComputes(String folder) {
    ReferenceReport report = ReferenceCheck.of(GOLDEN.resolve(folder));
    assertThat(report.ok()).as(report.toString()).isTrue();
    assertThat(report.maxLogitDifference()).isPresent();
    // The rounded form has answers of its own, without states.
    assertThat(report.maxStateDifference().isPresent()).isEqualTo(!folder.endsWith("bf16"));
  }
}
