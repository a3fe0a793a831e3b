package dev.switchboard.integration;

import static org.assertj.core.api.Assertions.assertThat;

import java.io.IOException;
import java.net.InetAddress;
import java.net.ServerSocket;
import java.util.List;
import org.junit.jupiter.api.Test;
import org.junit.jupiter.api.condition.EnabledOnOs;
import org.junit.jupiter.api.condition.OS;

/** Nobody listens to the outside unless told to. */
@EnabledOnOs(value = OS.LINUX, disabledReason = "reads /proc")
class SocketsIT {
  private static final TestCluster CLUSTER = Shared.twoNodes();

  @Test
  void routersAndNodesListenOnLoopbackAlone() {
    for (Launched process : List.of(CLUSTER.router(), CLUSTER.node(0), CLUSTER.node(1))) {
      List<Sockets.Socket> listening = Sockets.listening(process.pid());
      assertThat(listening).as("gRPC and grid").hasSizeGreaterThanOrEqualTo(2);
      assertThat(listening).allMatch(Sockets.Socket::loopback);
    }
  }

  @Test
  void nobodySendsDatagrams() {
    for (Launched process : List.of(CLUSTER.router(), CLUSTER.node(0), CLUSTER.node(1))) {
      assertThat(Sockets.datagram(process.pid())).as("multicast is off").isEmpty();
    }
  }

  @Test
  void aSocketOpenToAllIsSeen() throws IOException {
    try (ServerSocket all = new ServerSocket(0);
        ServerSocket loopback = new ServerSocket(0, 1, InetAddress.getLoopbackAddress())) {
      List<Sockets.Socket> mine = Sockets.listening(ProcessHandle.current().pid());
      assertThat(mine).anyMatch(s -> s.port() == all.getLocalPort() && !s.loopback());
      assertThat(mine).anyMatch(s -> s.port() == loopback.getLocalPort() && s.loopback());
    }
  }
}
