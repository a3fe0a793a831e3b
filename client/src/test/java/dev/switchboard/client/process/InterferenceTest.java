package dev.switchboard.client.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class InterferenceTest {
  @TempDir private Path folder;

  @BeforeEach
  void needsACompiler() {
    assumeThat(Interference.possible()).isTrue();
  }

  /** What it prints, of both kinds. */
  private static String told(Interference interference, String script) throws Exception {
    ProcessBuilder builder =
        new ProcessBuilder(List.of("sh", "-c", script)).redirectErrorStream(true);
    builder.environment().putAll(interference.environment());
    Process process = builder.start();
    String out = new String(process.getInputStream().readAllBytes(), StandardCharsets.UTF_8);
    assertThat(process.waitFor(60, TimeUnit.SECONDS)).isTrue();
    return out.strip();
  }

  private Interference made() throws IOException {
    return Interference.with(Interference.build(folder), folder, "node-1");
  }

  @Test
  void theTimeOfDayIsWhatItIsToldToBe() throws Exception {
    Interference interference = made();
    for (Duration ahead : List.of(Duration.ofHours(1), Duration.ofHours(-1), Duration.ZERO)) {
      interference.clock(ahead);
      long said = Long.parseLong(told(interference, "date +%s"));
      long now = System.currentTimeMillis() / 1000;
      assertThat(said - now - ahead.toSeconds()).isBetween(-60L, 60L);
    }
  }

  @Test
  void nothingIsWrittenToAFullDisk() throws Exception {
    Interference interference = made();
    Path file = folder.resolve("file");
    interference.diskFull(true);
    assertThat(told(interference, "printf x | dd of=" + file + "; printf y | dd 2>/dev/null"))
        .contains("No space left")
        .as("what is no file takes it")
        .endsWith("y");
    assertThat(file).isEmptyFile();
    interference.diskFull(false);
    told(interference, "printf x | dd of=" + file);
    assertThat(Files.readString(file)).isEqualTo("x");
  }
}
