package dev.switchboard.cluster.settings;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class ProcessorsTest {
  @TempDir private Path folder;

  @Test
  void aSettingIsTakenAsItIs() {
    assertThat(Processors.threads(7)).isEqualTo(7);
    assertThat(Processors.threads(0)).isBetween(1, Runtime.getRuntime().availableProcessors());
  }

  @Test
  void notMoreThanOneNodeHas() throws IOException {
    node(0, "0-7,16-23\n");
    node(1, "8-15,24-31\n");
    assertThat(threads(32, "0-31")).isEqualTo(16);
    assertThat(threads(4, "0-31")).as("limited by the control group").isEqualTo(4);
  }

  @Test
  void ofWhatTheProcessMayUse() throws IOException {
    node(0, "0-7\n");
    node(1, "8-15\n");
    assertThat(threads(5, "6-10")).as("two of node 0, three of node 1").isEqualTo(3);
    assertThat(threads(8, "8-15")).as("bound to node 1").isEqualTo(8);
  }

  @Test
  void aSystemThatDoesNotTell() throws IOException {
    assertThat(Processors.ofOneNode(6, folder.resolve("none"), folder.resolve("none")))
        .isEqualTo(6);
    node(0, "\n");
    assertThat(threads(6, "0-5")).as("a node without processors").isEqualTo(6);
    node(0, "what\n");
    assertThat(threads(6, "0-5")).isEqualTo(6);
  }

  @Test
  void processorsToKeepTo() throws IOException {
    Path status = Files.writeString(folder.resolve("may"), "Cpus_allowed_list:\t4-6,9\n");
    assertThat(Processors.list("any", status)).hasValue(List.of());
    assertThat(Processors.list("0-2,8", status)).hasValue(List.of(0, 1, 2, 8));
    assertThat(Processors.list("from:0", status)).hasValue(List.of(4, 5, 6, 9));
    assertThat(Processors.list("from:6", status)).hasValue(List.of(6, 9, 4, 5));
    assertThat(Processors.list("from:1", folder.resolve("none"))).hasValue(List.of());
    for (String wrong : List.of("", "x", "1-", "-1", "3-1", "1,,2", "99999", "from:", "from:-1")) {
      assertThat(Processors.list(wrong, status)).as(wrong).isEmpty();
    }
  }

  private void node(int number, String list) throws IOException {
    Path node = Files.createDirectories(folder.resolve("node" + number));
    Files.writeString(node.resolve("cpulist"), list);
  }

  private int threads(int available, String allowed) throws IOException {
    Path status = folder.resolve("status");
    Files.writeString(status, "Name:\tjava\nCpus_allowed_list:\t" + allowed + "\n");
    return Processors.ofOneNode(available, folder, status);
  }
}
