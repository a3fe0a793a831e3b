package dev.switchboard.training.cli;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.ByteArrayOutputStream;
import java.io.PrintStream;
import java.nio.charset.StandardCharsets;
import org.junit.jupiter.api.AfterEach;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;

class TrainMainTest {
  private final PrintStream before = System.err;
  private final ByteArrayOutputStream errors = new ByteArrayOutputStream();

  @BeforeEach
  void listen() {
    System.setErr(new PrintStream(errors, true, StandardCharsets.UTF_8));
  }

  @AfterEach
  void restore() {
    System.setErr(before);
  }

  @Test
  void absentDataIsNamedWithoutAStackTrace() {
    int code =
        TrainMain.commandLine().execute("router", "--data", "/no/such/absent", "--out", "gate");
    assertThat(code).isEqualTo(1);
    assertThat(errors.toString(StandardCharsets.UTF_8))
        .contains("/no/such/absent")
        .startsWith("switchboard: ")
        .doesNotContain("\tat ");
  }

  @Test
  void wrongUsageIsTwo() {
    assertThat(TrainMain.commandLine().execute("router", "--no-such-option")).isEqualTo(2);
    assertThat(
            TrainMain.commandLine()
                .execute("router", "--data", ".", "--out", "o", "--micro-batches", "-1"))
        .isEqualTo(2);
  }
}
