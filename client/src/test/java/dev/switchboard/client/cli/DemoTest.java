package dev.switchboard.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.client.FakeRouter;
import dev.switchboard.client.process.FakeLaunch;
import java.io.IOException;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** {@code demo}: its cluster, its texts, its concurrent requests. */
class DemoTest {
  @TempDir private Path folder;

  @Test
  void demoStartsItsClusterAndShowsExpertsAndProcesses() throws IOException {
    Run run =
        Run.of(
            FakeLaunch.jvms(folder),
            "",
            "demo",
            "--nodes",
            "2",
            "--prompt",
            "ab",
            "--max-tokens",
            "2");
    assertThat(run.err()).isEmpty();
    assertThat(run.exit()).isZero();
    assertThat(run.out())
        .startsWith(" é0 é1!\n")
        .containsPattern("even +1  ' é0'")
        .containsPattern("odd +1  ' é1'")
        .containsPattern("even +75.0 %")
        .containsPattern("router +7 ")
        .doesNotContain("\033[");
  }

  @Test
  void demoWithoutAPromptReadsTextsUntilTheEnd() throws IOException {
    Run run =
        Run.of(
            FakeLaunch.jvms(folder), "one\n\ntwo\n", "demo", "--nodes", "1", "--max-tokens", "1");
    assertThat(run.exit()).isZero();
    assertThat(run.out().split(" é0!\n", -1)).hasSize(3);
  }

  @Test
  void concurrentRequestsAreComparedWithThemselvesAlone() {
    String[] demo = {"demo", "--prompt", "ab", "--max-tokens", "4", "--concurrent", "2", "--json"};
    Run same = Run.against(FakeRouter.Manner.STEADY, demo);
    assertThat(same.exit()).as(same.err()).isZero();
    Run disturbed = Run.against(FakeRouter.Manner.COMPANIONS_MATTER, demo);
    assertThat(disturbed.exit()).isEqualTo(1);
    assertThat(disturbed.err())
        .contains(
            "switchboard: request 1 of 2: logits_sha256 alone is sha 2/4, together disturbed");
  }
}
