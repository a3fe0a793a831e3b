package dev.switchboard.client.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.IOException;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.List;
import java.util.Map;
import java.util.Optional;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;

class FaultyClusterTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final String LISTENING =
      "echo '{\"listening\":\"router\",\"grid\":\"127.0.0.1:9\"}'; ";
  private static final String ROUTER_READY =
      "echo '{\"ready\":\"router\",\"address\":\"127.0.0.1:4242\"}'; ";
  private static final String NODE_READY = "echo '{\"ready\":\"node\",\"id\":\"n\"}'; ";
  private static final String UNTIL_EOF = "exec cat >/dev/null";

  @TempDir private Path folder;

  private FaultyCluster start(String node, Map<String, String> settings) throws IOException {
    LaunchFiles files = FakeLaunch.scripts(folder, LISTENING + ROUTER_READY + UNTIL_EOF, node);
    ClusterSpec spec = new ClusterSpec(2, 1, Optional.empty(), Optional.empty());
    return FaultyCluster.start(
        spec,
        files,
        new FaultyCluster.Surroundings("tcp", List.of(), List.of(), settings, false),
        LONG);
  }

  @Test
  void whatEndsIsReplacedAndNodesComeAndGo() throws IOException {
    String node = "echo \"wait $SWITCHBOARD_ROUTER_REPLICA_WAIT\" >&2; " + NODE_READY + UNTIL_EOF;
    try (FaultyCluster cluster = start(node, Map.of("SWITCHBOARD_ROUTER_REPLICA_WAIT", "7s"))) {
      Member first = cluster.nodes().get(0);
      long pid = first.pid();
      first.kill(LONG);
      assertThat(first.exitCode()).isEqualTo(137);
      first.restart();
      first.awaitReady(LONG);
      assertThat(first.pid()).isNotEqualTo(pid);
      Member third = cluster.addNode();
      third.awaitReady(LONG);
      assertThat(cluster.nodes()).extracting(Member::name).endsWith("node-3").hasSize(3);
      assertThat(Files.readString(cluster.logs().resolve("node-3.log"))).contains("wait 7s");
      cluster.removeNode(LONG);
      assertThat(cluster.nodes()).hasSize(2);
    }
  }

  @Test
  void logsStayIfTheyAreToBeKept() throws IOException {
    FaultyCluster cluster = start(NODE_READY + UNTIL_EOF, Map.of());
    cluster.keepLogs();
    cluster.close();
    assertThat(cluster.logs().resolve("node-1.log")).exists();
  }

  @Test
  void aProcessThatDoesNotComeBackSaysWhy() throws IOException {
    String once =
        "if [ -e %1$s ]; then echo 'switchboard: no more' >&2; exit 4; fi; "
                .formatted(folder.resolve("ended"))
            + NODE_READY
            + UNTIL_EOF;
    try (FaultyCluster cluster = start(once, Map.of())) {
      Member node = cluster.nodes().get(0);
      node.kill(LONG);
      Files.createFile(folder.resolve("ended"));
      node.restart();
      assertThatThrownBy(() -> node.awaitReady(LONG))
          .isInstanceOf(ClusterException.class)
          .hasMessageContaining("no more");
      assertThat(node.exitCode()).isEqualTo(4);
    }
  }
}
