package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.time.Duration;
import java.util.List;
import java.util.Set;
import java.util.stream.Collectors;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.params.ParameterizedTest;
import org.junit.jupiter.params.provider.ValueSource;

/** How processes begin and end. */
class LifecycleIT {
  private static final Duration LONG_ENOUGH_TO_SEE = Duration.ofSeconds(3);

  @Test
  void aNodeStartedBeforeAnyRouterWaitsForIt() throws IOException {
    int grid = freePort();
    String[] node = {
      "node",
      "--model",
      Models.ffn().toString(),
      "--cluster",
      "early",
      "--join",
      "127.0.0.1:" + grid,
      "--exit-with-parent"
    };
    try (Launched early = Launched.start("early-node", node)) {
      staysUnready(early);
      String[] router = {
        "router",
        "--model",
        Models.ffn().toString(),
        "--cluster",
        "early",
        "--nodes",
        "1",
        "--grid-port",
        "" + grid,
        "--exit-with-parent"
      };
      try (Launched late = Launched.start("late-router", router)) {
        early.announces("ready", TestCluster.START);
        String address = late.announces("ready", TestCluster.START).get("address").asText();
        var channel = TestCluster.channelTo(address);
        assertThat(Generation.run(channel, Generation.greedy(Models.prompt(5), 5).build()).tokens())
            .hasSize(5);
        channel.shutdownNow();
      }
    }
  }

  @Test
  void aNodeOfAnotherClusterDoesNotJoin() {
    TestCluster cluster = Shared.twoNodes();
    String[] node = {
      "node",
      "--model",
      Models.ffn().toString(),
      "--cluster",
      "another",
      "--join",
      cluster.grid(),
      "--exit-with-parent"
    };
    try (Launched stranger = Launched.start("stranger", node)) {
      staysUnready(stranger);
      assertThat(cluster.status().getNodesList())
          .extracting(n -> n.getPid())
          .containsExactlyInAnyOrder(cluster.node(0).pid(), cluster.node(1).pid());
    }
  }

  private static void staysUnready(Launched process) {
    long end = System.nanoTime() + LONG_ENOUGH_TO_SEE.toNanos();
    Eventually.holds(
        "time to see what it does",
        LONG_ENOUGH_TO_SEE.plusSeconds(5),
        () -> System.nanoTime() > end);
    assertThat(process.isAlive()).isTrue();
    assertThat(process.hasAnnounced("ready")).isFalse();
  }

  @ParameterizedTest
  @ValueSource(strings = {"router", "node"})
  void aPortInUseIsNamed(String command) throws IOException {
    try (ServerSocket taken = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      String port = "" + taken.getLocalPort();
      String model = Models.ffn().toString();
      String[] arguments =
          command.equals("router")
              ? new String[] {"router", "--model", model, "--local-experts", "--port", port}
              : new String[] {"node", "--model", model, "--port", port, "--join", "127.0.0.1:1"};
      assertThat(Refusal.of(arguments).naming("127.0.0.1:" + port, "in use").exitCode())
          .isEqualTo(1);
    }
  }

  @ParameterizedTest
  @ValueSource(strings = {"KILL", "INT", "TERM"})
  void endingADemoLeavesNoProcessBehind(String signal) {
    try (Launched demo =
        Launched.start(
            "demo-" + signal, "demo", "--nodes", "2", "--model", Models.ffn().toString())) {
      Set<ProcessHandle> children = childrenOf(demo, 3);
      demo.signal(signal);
      Eventually.holds(
          "router and nodes have ended",
          Duration.ofSeconds(15),
          () -> children.stream().noneMatch(ProcessHandle::isAlive));
      demo.exit(Duration.ofSeconds(10));
    }
  }

  private static Set<ProcessHandle> childrenOf(Launched demo, int count) {
    ProcessHandle parent = ProcessHandle.of(demo.pid()).orElseThrow();
    Eventually.holds(
        count + " processes of the demo",
        TestCluster.START,
        () -> javaBelow(parent).size() == count);
    return javaBelow(parent);
  }

  /** Without the launcher's own helpers, which come and go before it turns into the demo. */
  private static Set<ProcessHandle> javaBelow(ProcessHandle parent) {
    return parent
        .descendants()
        .filter(child -> child.info().command().orElse("").endsWith("/java"))
        .collect(Collectors.toSet());
  }

  @Test
  void aTerminatedNodeLeavesInPeace() {
    try (TestCluster cluster =
        TestCluster.start(TestCluster.Shape.of(Models.ffn(), 2).replicas(2))) {
      cluster.awaitWhole();
      var request = Generation.greedy(Models.prompt(10), 400).build();
      Generation undisturbed = Generation.run(cluster.channel(), request);
      Generation disturbed =
          Generation.run(
              cluster.channel(),
              request,
              count -> {
                if (count == 40) {
                  cluster.node(0).signal("TERM");
                }
              });
      assertThat(disturbed.digest()).isEqualTo(undisturbed.digest());
      assertThat(cluster.node(0).exit(Duration.ofSeconds(15))).isIn(0, 143);
      Eventually.holds(
          "one node is left",
          Duration.ofSeconds(10),
          () ->
              cluster.status().getNodesList().stream()
                  .map(n -> n.getPid())
                  .toList()
                  .equals(List.of(cluster.node(1).pid())));
    }
  }

  static int freePort() throws IOException {
    try (ServerSocket socket = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      return socket.getLocalPort();
    }
  }
}
