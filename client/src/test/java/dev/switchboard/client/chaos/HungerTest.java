package dev.switchboard.client.chaos;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Path;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;

class HungerTest {
  /** Does nothing until its input ends. */
  static final class Idle {
    private Idle() {}

    public static void main(String[] args) throws IOException {
      System.out.println("here");
      while (System.in.read() >= 0) {}
    }
  }

  @Test
  void aProcessWithoutMemoryEndsAndSaysSo() throws Exception {
    Process idle =
        new ProcessBuilder(
                List.of(
                    Path.of(System.getProperty("java.home"), "bin", "java").toString(),
                    "-Xmx24m",
                    "-XX:+UseSerialGC",
                    "-XX:TieredStopAtLevel=1",
                    "-XX:+ExitOnOutOfMemoryError",
                    "-XX:+DisplayVMOutputToStderr",
                    "-cp",
                    System.getProperty("java.class.path"),
                    Idle.class.getName()))
            .start();
    try {
      assertThat(idle.inputReader(StandardCharsets.UTF_8).readLine()).isEqualTo("here");
      Hunger.feed(idle.pid());
      assertThat(idle.waitFor(60, TimeUnit.SECONDS)).isTrue();
      assertThat(idle.exitValue()).isEqualTo(Hunger.EXIT_CODE);
      assertThat(new String(idle.getErrorStream().readAllBytes(), StandardCharsets.UTF_8))
          .contains("OutOfMemoryError");
    } finally {
      idle.destroyForcibly();
    }
  }
}
