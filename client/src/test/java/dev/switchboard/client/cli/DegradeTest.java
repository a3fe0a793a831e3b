package dev.switchboard.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.client.FakeRouter;
import org.junit.jupiter.api.Test;

/** An answer without some experts is never taken for a whole one. */
final class DegradeTest {
  private static Run generate(String option) {
    try (FakeRouter router = new FakeRouter(FakeRouter.Manner.STEADY)) {
      String address = router.address().toString();
      return Run.of(
          "generate",
          "--prompt",
          "ab",
          "--max-tokens",
          "3",
          "--degrade",
          option,
          "--router",
          address);
    }
  }

  @Test
  void theTextIsFollowedByAWordAboutIt() {
    Run run = generate("--ignore-eos");
    assertThat(run.exit()).isZero();
    assertThat(run.out()).isEqualTo(" é0 é1 é2!\n");
    assertThat(run.err()).contains("degraded: 1 tokens were read without some of their experts");
  }

  @Test
  void jsonSaysWhichTokens() {
    Run run = generate("--json");
    assertThat(run.out()).containsPattern("\"degradedTokens\"\\s*:\\s*1\\b");
    assertThat(run.out().split("\"degraded\"\\s*:\\s*true", -1)).hasSize(2);
    assertThat(run.out().indexOf("\"degraded\"")).isGreaterThan(run.out().indexOf(" é1"));
  }
}
