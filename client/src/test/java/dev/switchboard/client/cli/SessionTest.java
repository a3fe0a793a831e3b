package dev.switchboard.client.cli;

import static org.assertj.core.api.Assertions.assertThat;

import dev.switchboard.client.FakeRouter;
import java.io.IOException;
import java.util.Map;
import org.junit.jupiter.api.Test;

/** {@code session}, and turns of one. */
class SessionTest {
  @Test
  void aTurnOfASessionIsSentAndReported() throws IOException {
    Run run =
        Run.against(
            FakeRouter.Manner.STEADY,
            "generate",
            "--session",
            "s",
            "--turn",
            "4",
            "--max-tokens",
            "1",
            "--json");
    assertThat(JsonText.object(run.out()).get("session"))
        .isEqualTo(
            Map.of(
                "turn",
                "4",
                "tokensBefore",
                "9",
                "stateTokens",
                "0",
                "stateBytes",
                "0",
                "generatedBefore",
                "0",
                "note",
                "not kept: s"));
    Run shown =
        Run.against(FakeRouter.Manner.STEADY, "generate", "--session", "s", "--prompt", "a");
    assertThat(shown.err()).contains("session: not kept: s");
  }

  @Test
  void sessionsAreForgottenAndForked() throws IOException {
    Run forgotten = Run.against(FakeRouter.Manner.STEADY, "session", "forget", "s");
    assertThat(forgotten.out()).isEqualTo("session \"s\" is forgotten\n");
    Run unknown = Run.against(FakeRouter.Manner.STEADY, "session", "forget", "unknown");
    assertThat(unknown.exit()).isEqualTo(1);
    assertThat(unknown.err()).contains("nothing is kept of a session \"unknown\"");
    Run forked = Run.against(FakeRouter.Manner.STEADY, "session", "fork", "s", "t", "--json");
    assertThat(JsonText.object(forked.out()))
        .containsEntry("session", "t")
        .containsEntry("turn", "3")
        .containsEntry("stateTokens", "39");
    Run same = Run.against(FakeRouter.Manner.STEADY, "session", "fork", "s", "s");
    assertThat(same.exit()).isEqualTo(1);
    assertThat(same.err()).contains("ALREADY_EXISTS: is there");
  }
}
