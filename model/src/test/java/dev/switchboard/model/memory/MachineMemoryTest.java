package dev.switchboard.model.memory;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatIllegalArgumentException;
import static org.assertj.core.api.Assumptions.assumeThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.CsvSource;

class MachineMemoryTest {
  private static final Path TOTAL = Path.of("/proc/meminfo");

  /** Version 2, as a process in a container sees its own group. */
  private static final Path LIMIT = Path.of("/sys/fs/cgroup/memory.max");

  @ParameterizedTest
  @CsvSource({
    "2147483648, 536870912", // a group of 2 GiB
    "268435456, 67108864",
    "25769803776, 6442450944",
    "1, 0"
  })
  void keysAndValuesTakeAQuarterOfWhatTheProcessMayHave(long limit, long share) {
    assertThat(MachineMemory.of(limit).keyValueBytes()).isEqualTo(share);
  }

  @Test
  void aSystemThatDoesNotTellIsTakenForASmallOne() {
    assertThat(MachineMemory.of(0).keyValueBytes()).isEqualTo(1L << 30);
    assertThat(MachineMemory.of(-1).keyValueBytes()).isEqualTo(1L << 30);
  }

  @Test
  void noMemoryIsAMistake() {
    assertThatIllegalArgumentException().isThrownBy(() -> new MachineMemory(0));
  }

  @Test
  void theGroupsLimitIsReadWhereItIsBelowTheMachines() throws IOException {
    assumeThat(TOTAL).exists();
    assumeThat(LIMIT).isReadable();
    String limit = Files.readString(LIMIT).strip();
    long total =
        Files.readAllLines(TOTAL).stream()
            .filter(line -> line.startsWith("MemTotal:"))
            .mapToLong(line -> 1024 * Long.parseLong(line.replaceAll("\\D", "")))
            .findFirst()
            .orElseThrow();
    long expected = limit.equals("max") ? total : Math.min(total, Long.parseLong(limit));

    assertThat(MachineMemory.here().bytes()).isPositive().isLessThanOrEqualTo(expected);
  }
}
