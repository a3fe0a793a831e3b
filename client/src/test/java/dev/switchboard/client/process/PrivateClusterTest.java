package dev.switchboard.client.process;

import static org.assertj.core.api.Assertions.assertThat;
import static org.assertj.core.api.Assertions.assertThatThrownBy;

import java.io.BufferedReader;
import java.io.IOException;
import java.io.InputStreamReader;
import java.nio.charset.StandardCharsets;
import java.nio.file.Files;
import java.nio.file.Path;
import java.time.Duration;
import java.util.ArrayList;
import java.util.List;
import java.util.Optional;
import java.util.concurrent.TimeUnit;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.io.TempDir;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

class PrivateClusterTest {
  private static final Duration LONG = Duration.ofSeconds(60);
  private static final String LISTENING =
      "echo '{\"listening\":\"router\",\"grid\":\"127.0.0.1:9\"}'; ";
  private static final String READY =
      "echo '{\"ready\":\"router\",\"address\":\"127.0.0.1:4242\"}'; ";
  private static final String UNTIL_EOF = "exec cat >/dev/null";

  @TempDir private Path folder;

  private static ClusterSpec nodes(int n) {
    return new ClusterSpec(n, 1, Optional.of("some/model"), Optional.empty());
  }

  private PrivateCluster start(String router, String node, int nodes) throws IOException {
    LaunchFiles files = FakeLaunch.scripts(folder, router, node);
    return PrivateCluster.start(nodes(nodes), files, LONG, PrivateCluster.Stop.KILL);
  }

  private static List<ProcessHandle> processes(PrivateCluster cluster) {
    List<ProcessHandle> handles = new ArrayList<>();
    ProcessHandle.of(cluster.routerPid()).ifPresent(handles::add);
    cluster.nodePids().forEach(pid -> ProcessHandle.of(pid).ifPresent(handles::add));
    return handles;
  }

  @Test
  void startsRouterAndNodesAndEndsThemAll() throws IOException {
    PrivateCluster cluster =
        start(
            "echo \"$@\" >&2; " + LISTENING + READY + UNTIL_EOF,
            "echo \"$@\" >&2; " + UNTIL_EOF,
            3);
    List<ProcessHandle> processes = processes(cluster);
    assertThat(cluster.router()).hasToString("127.0.0.1:4242");
    assertThat(cluster.losses()).isEmpty();
    assertThat(processes).hasSize(4).allMatch(ProcessHandle::isAlive);
    assertThat(Files.readString(cluster.logs().resolve("router.log")))
        .contains("router --host 127.0.0.1 --port 0 --exit-with-parent --model some/model")
        .contains("--nodes 3 --replicas 1");
    cluster.close();
    assertThat(processes).noneMatch(ProcessHandle::isAlive);
    assertThat(cluster.logs()).doesNotExist();
  }

  @Test
  void nodesAreOfTheKindThatWasAskedFor() throws IOException {
    LaunchFiles files =
        FakeLaunch.scripts(
            folder, LISTENING + READY + UNTIL_EOF, "echo \"$file $@\" >&2; " + UNTIL_EOF);
    ClusterSpec both =
        new ClusterSpec(
            2,
            1,
            Optional.empty(),
            Optional.empty(),
            ClusterSpec.Kind.BOTH,
            new ClusterSpec.Compute(3, 4, "java"),
            ClusterSpec.Routers.ONE);
    PrivateCluster cluster = PrivateCluster.start(both, files, LONG, PrivateCluster.Stop.GENTLY);
    cluster.keepLogs();
    cluster.close();
    assertThat(cluster.logs().resolve("node-1.log"))
        .content()
        .contains("/node-brief.args node ", "--warm-millis 0", "--threads 3 --kernels java");
    assertThat(cluster.logs().resolve("node-2.log"))
        .content()
        .contains("/node.args node ")
        .doesNotContain("--warm-millis");
    for (String log : List.of("router.log", "node-1.log", "node-2.log")) {
      Files.delete(cluster.logs().resolve(log));
    }
    Files.delete(cluster.logs());
  }

  @Test
  void routersOfOneGridShareARandomKeyThatNoArgumentShows() throws IOException {
    String says = "echo \"$@ key=$SWITCHBOARD_GRID_STATE_KEY\" >&2; ";
    LaunchFiles files =
        FakeLaunch.scripts(folder, says + LISTENING + READY + UNTIL_EOF, says + UNTIL_EOF);
    try (PrivateCluster cluster =
        PrivateCluster.start(
            nodes(1).with(new ClusterSpec.Routers(2, true)),
            files,
            LONG,
            PrivateCluster.Stop.KILL)) {
      String first = Files.readString(cluster.logs().resolve("router.log"));
      String second = Files.readString(cluster.logs().resolve("router-2.log"));
      assertThat(first).doesNotContain("--join").containsPattern("key=[0-9a-f]{64}\n");
      assertThat(second).contains("--join 127.0.0.1:9 ").endsWith(first.replaceAll(".* key=", ""));
      assertThat(Files.readString(cluster.logs().resolve("node-1.log"))).endsWith("key=\n");
      assertThat(cluster.router(1)).hasToString("127.0.0.1:4242");
      long pid = cluster.routerPid(0);
      cluster.killRouter(0);
      ProcessHandle.of(pid).ifPresent(process -> process.onExit().join());
      assertThat(cluster.losses()).singleElement().asString().contains("pid " + pid);
      assertThat(ProcessHandle.of(cluster.routerPid(1)))
          .hasValueSatisfying(process -> assertThat(process.isAlive()).isTrue());
    }
  }

  @Test
  void severalRoutersNeedNodes() {
    assertThatThrownBy(() -> nodes(0).with(new ClusterSpec.Routers(2, true)))
        .hasMessageContaining("routers 2: expected 1");
  }

  @Test
  void nodesJoinTheirOwnRouterUnderARandomName() throws IOException {
    String writes = "echo \"$@\" >\"" + folder + "/$$.seen\"; ";
    List<String> names = new ArrayList<>();
    for (int i = 0; i < 2; i++) {
      try (PrivateCluster cluster =
          start("echo \"$@\" >&2; " + LISTENING + READY + UNTIL_EOF, writes + UNTIL_EOF, 1)) {
        String line = Files.readString(cluster.logs().resolve("router.log"));
        names.add(line.replaceAll("(?s).*--cluster (\\S+).*", "$1"));
      }
    }
    assertThat(names.get(0)).startsWith("private-").isNotEqualTo(names.get(1));
  }

  @Test
  void aChildsOwnErrorIsRelayedAndTheLogsStay() {
    assertThatThrownBy(
            () -> start("echo 'switchboard: no model at some/model' >&2; exit 1", UNTIL_EOF, 0))
        .isInstanceOf(ClusterException.class)
        .hasMessageStartingWith("no model at some/model (logs: ");
  }

  @Test
  void aNodeThatDiesBeforeTheRouterIsReadyFailsTheStart() {
    assertThatThrownBy(() -> start(LISTENING + UNTIL_EOF, "exit 3", 2))
        .isInstanceOf(ClusterException.class)
        .hasMessageMatching("(?s)node-[12] \\(pid \\d+\\) ended with exit code 3; its log is .*");
  }

  @Test
  void whatIsAwaitedTooLongIsNamed() throws IOException {
    LaunchFiles files = FakeLaunch.scripts(folder, LISTENING + UNTIL_EOF, UNTIL_EOF);
    Duration brief = Duration.ofMillis(300);
    assertThatThrownBy(() -> PrivateCluster.start(nodes(2), files, brief, PrivateCluster.Stop.KILL))
        .hasMessageContaining("waited too long for the router")
        .hasMessageContaining("logs: ");
  }

  @Test
  void aLossAfterTheStartIsTold() throws Exception {
    try (PrivateCluster cluster = start(LISTENING + READY + UNTIL_EOF, UNTIL_EOF, 1)) {
      ProcessHandle node = ProcessHandle.of(cluster.nodePids().getFirst()).orElseThrow();
      node.destroyForcibly();
      node.onExit().get(10, TimeUnit.SECONDS);
      assertThat(cluster.losses()).hasSize(1).first().asString().contains("node-1");
    }
  }

  @Test
  void gentleStopClosesTheirInputAndWaits() throws IOException {
    LaunchFiles files =
        FakeLaunch.scripts(
            folder,
            LISTENING + READY + "cat >/dev/null; touch \"" + folder + "/gentle\"",
            UNTIL_EOF);
    PrivateCluster.start(nodes(1), files, LONG, PrivateCluster.Stop.GENTLY).close();
    assertThat(folder.resolve("gentle")).exists();
  }

  @ParameterizedTest
  @ValueSource(booleans = {true, false})
  void theParentsEndIsTheChildrens(boolean killed) throws Exception {
    FakeLaunch.scripts(folder, LISTENING + READY + UNTIL_EOF, UNTIL_EOF);
    Process parent =
        new ProcessBuilder(
                FakeLaunch.java().toString(),
                "-XX:TieredStopAtLevel=1",
                "-cp",
                System.getProperty("java.class.path"),
                FakeParent.class.getName(),
                folder.toString(),
                folder.resolve("fake-java").toString())
            .redirectError(ProcessBuilder.Redirect.INHERIT)
            .start();
    List<ProcessHandle> children = new ArrayList<>();
    try (BufferedReader lines =
        new BufferedReader(
            new InputStreamReader(parent.getInputStream(), StandardCharsets.UTF_8))) {
      for (int i = 0; i < 3; i++) {
        children.add(ProcessHandle.of(Long.parseLong(lines.readLine())).orElseThrow());
      }
      assertThat(children).allMatch(ProcessHandle::isAlive);
      Path logs = Path.of(lines.readLine().replace("logs ", ""));
      assertThat(logs).isDirectory();
      assertThat(killed ? parent.toHandle().destroyForcibly() : parent.toHandle().destroy())
          .isTrue();
      parent.waitFor();
      for (ProcessHandle child : children) {
        child.onExit().get(20, TimeUnit.SECONDS);
      }
      assertThat(Files.exists(logs)).as("logs stay after a kill alone").isEqualTo(killed);
    } finally {
      children.forEach(ProcessHandle::destroyForcibly);
    }
    assertThat(children).noneMatch(ProcessHandle::isAlive);
  }
}
