package dev.switchboard.benchmarks;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.io.UncheckedIOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import org.junit.jupiter.api.BeforeEach;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

/** With processes that are folders, and a clock that the work turns. */
final class WarmUpTest {
  private static final long SECOND = 1_000_000_000;

  @TempDir private Path processes;
  private long now;

  @BeforeEach
  void processes() throws IOException {
    thread(7, 70, "C2 CompilerThre", 0);
    thread(7, 71, "main", 5 * SECOND);
    thread(8, 80, "C1 CompilerThre", 0);
  }

  @Test
  void compilersOfAllProcessesAreCountedAndNoOtherThreads() throws IOException {
    thread(7, 70, "C2 CompilerThre", 3 * SECOND);
    thread(8, 80, "C1 CompilerThre", SECOND);

    assertThat(compilers().taken()).isEqualTo(Duration.ofSeconds(4));
  }

  @Test
  void whatAThreadTookStaysCountedWhenItHasEnded() throws IOException {
    thread(8, 80, "C1 CompilerThre", SECOND);
    CompilerTime compilers = compilers();
    compilers.taken();
    Files.delete(folder(8, 80).resolve("schedstat"));

    assertThat(compilers.taken()).isEqualTo(Duration.ofSeconds(1));
  }

  @Test
  void processesThatAreNotThereTakeNothing() {
    assertThat(new CompilerTime(processes, List.of(99L)).taken()).isZero();
  }

  @Test
  void restingCompilersEndItAfterTheLeastTime() {
    assertThat(warmUp(Duration.ofSeconds(8)).with(() -> now += SECOND))
        .isEqualTo(Duration.ofSeconds(8));
  }

  @Test
  void itGoesOnWhileTheyCompile() {
    Runnable compilingForThirtySeconds =
        () -> {
          now += SECOND;
          thread(7, 70, "C2 CompilerThre", Math.min(now, 30 * SECOND) / 10);
        };

    assertThat(warmUp(Duration.ofSeconds(8)).with(compilingForThirtySeconds))
        .isBetween(Duration.ofSeconds(32), Duration.ofSeconds(35));
  }

  @Test
  void itEndsHoweverLongTheyGoOn() {
    Runnable compilingForever =
        () -> {
          now += SECOND;
          thread(7, 70, "C2 CompilerThre", now / 10);
        };

    assertThat(warmUp(Duration.ofSeconds(8)).with(compilingForever)).isEqualTo(WarmUp.MOST);
  }

  @Test
  void noTimeMeansOnce() {
    assertThat(warmUp(Duration.ZERO).with(() -> now += SECOND)).isEqualTo(Duration.ofSeconds(1));
  }

  private WarmUp warmUp(Duration least) {
    return new WarmUp(least, compilers(), () -> now);
  }

  private CompilerTime compilers() {
    return new CompilerTime(processes, List.of(7L, 8L));
  }

  private void thread(long pid, long id, String name, long nanos) {
    try {
      Path folder = Files.createDirectories(folder(pid, id));
      Files.writeString(folder.resolve("comm"), name + "\n");
      Files.writeString(folder.resolve("schedstat"), nanos + " 12 34\n");
    } catch (IOException e) {
      throw new UncheckedIOException(e);
    }
  }

  private Path folder(long pid, long id) {
    return processes.resolve(Long.toString(pid)).resolve("task").resolve(Long.toString(id));
  }
}
